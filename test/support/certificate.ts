// A self-signed certificate for 127.0.0.1 and localhost, made without openssl: X.509 is a little DER.
import { createHash, generateKeyPairSync, sign } from 'node:crypto';

/** PEM texts. The certificate is its own authority. */
export interface Certificate {
  cert: string;
  key: string;
}

export function selfSigned(): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const name = sequence(set(sequence(oid('55 04 03'), tagged(0x0c, Buffer.from('localhost')))));
  const algorithm = sequence(oid('2a 86 48 ce 3d 04 03 02'));
  const serial = Buffer.concat([
    Buffer.from([1]),
    createHash('sha256').update(spki).digest().subarray(0, 15),
  ]);
  const body = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    algorithm,
    name,
    sequence(time('20200101000000Z'), time('20991231235959Z')),
    name,
    spki,
    tagged(
      0xa3,
      sequence(
        extension('55 1d 13', sequence(Buffer.from([0x01, 0x01, 0xff]))),
        extension(
          '55 1d 11',
          sequence(tagged(0x82, Buffer.from('localhost')), tagged(0x87, Buffer.from([127, 0, 0, 1]))),
        ),
      ),
    ),
  );
  const signature = sign('sha256', body, privateKey);
  const der = sequence(body, algorithm, tagged(0x03, Buffer.concat([Buffer.from([0]), signature])));
  return { cert: pem(der), key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

function tagged(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: Buffer[]): Buffer => tagged(0x30, ...parts);
const set = (...parts: Buffer[]): Buffer => tagged(0x31, ...parts);
const integer = (bytes: Buffer): Buffer => tagged(0x02, bytes);
const time = (text: string): Buffer => tagged(0x18, Buffer.from(text));
const oid = (hex: string): Buffer => tagged(0x06, Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const extension = (id: string, value: Buffer): Buffer => sequence(oid(id), tagged(0x04, value));

function pem(der: Buffer): string {
  const lines = der.toString('base64').replaceAll(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}
