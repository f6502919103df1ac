/** Whether a host, as a URL or a listen address has it, is this machine and nobody else: 127.…, ::1, localhost. */
export function isLoopback(host: string): boolean {
  return /^(127(\.\d{1,3}){3}|\[::1\]|::1|localhost)$/.test(host);
}
