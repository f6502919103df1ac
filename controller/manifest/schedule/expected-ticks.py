"""Writes expected-ticks.json: python3 expected-ticks.py > expected-ticks.json && npx biome format --write expected-ticks.json

An oracle that shares nothing with the code beside it. No expression is read here: each case says in Python which days
and which times of day its expression means. Days are tried one after the other; zoneinfo turns local times into
instants (fold=0: a skipped time is moved by the gap, of a repeated time it is the first), from the tz database of the
system that it is run on (2025b).
"""
import calendar
import json
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

UTC = timezone.utc
MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
cases = []


def fixed(hours, minutes=0):
    sign = -1 if hours < 0 else 1
    return timezone(timedelta(hours=hours, minutes=sign * minutes))


def last(d):
    return calendar.monthrange(d.year, d.month)[1]


def working(d):
    return d.weekday() <= FRI


def nearest_working(day):
    """Whether d is the working day that is nearest to `day` of its month: tries all days of the month."""

    def fits(d):
        if day > last(d):
            return False
        there = [d.replace(day=n) for n in range(1, last(d) + 1)]
        return d == min((each for each in there if working(each)), key=lambda each: abs(each.day - day))

    return fits


def last_working(d):
    return d == max(each for each in (d.replace(day=n) for n in range(1, last(d) + 1)) if working(each))


def last_weekday(weekday):
    return lambda d: d.weekday() == weekday and (d + timedelta(days=7)).month != d.month


def nth(weekday, n):
    return lambda d: d.weekday() == weekday and sum(
        d.replace(day=each).weekday() == weekday for each in range(1, d.day + 1)
    ) == n


def on(*weekdays):
    return lambda d: d.weekday() in weekdays


def dates(*days):
    return lambda d: d.day in days


def every(d):
    return True


def both(*rules):
    return lambda d: all(rule(d) for rule in rules)


def either(*rules):
    return lambda d: any(rule(d) for rule in rules)


def months(*wanted):
    return lambda d: d.month in wanted


def years(*wanted):
    return lambda d: d.year in wanted


def at(*texts):
    return [tuple(int(part) for part in text.split(":")) for text in texts]


def product(hours, minutes=(0,), seconds=(0,)):
    return [(h, m, s) for h in hours for m in minutes for s in seconds]


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def shown(moment):
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def cron(expression, after, days, times, zone=UTC, count=5):
    start = instant(after)
    found = set()
    day = start.date() - timedelta(days=3)
    enough = None
    while enough is None or day < enough:
        if day.year > 2099:
            break
        if days(day):
            for h, m, s in times:
                local = datetime(day.year, day.month, day.day, h, m, s, fold=0, tzinfo=zone)
                moment = local.astimezone(UTC)
                if moment > start:
                    found.add(moment)
            # A moved time may come after the times of the next day or two.
            if enough is None and len(found) >= count:
                enough = day + timedelta(days=3)
        day += timedelta(days=1)
    ticks = [shown(each) for each in sorted(found)[:count]]
    cases.append({"expression": expression, "after": after, "ticks": ticks, "ends": len(found) < count})


def rate(expression, anchor, after, seconds, count=4):
    grid, moment, ticks = instant(anchor), instant(after), []
    step = 1
    while len(ticks) < count:
        tick = grid + timedelta(seconds=seconds * step)
        if tick > moment:
            ticks.append(shown(tick))
        step += 1
    cases.append({"expression": expression, "anchor": anchor, "after": after, "ticks": ticks, "ends": False})


def once(expression, after, local, zone=UTC):
    moment = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    cases.append({"expression": expression, "after": after, "ticks": [shown(moment)], "ends": True})


berlin = ZoneInfo("Europe/Berlin")
york = ZoneInfo("America/New_York")
howe = ZoneInfo("Australia/Lord_Howe")
casablanca = ZoneInfo("Africa/Casablanca")
apia = ZoneInfo("Pacific/Apia")
kolkata = ZoneInfo("Asia/Kolkata")
paulo = ZoneInfo("America/Sao_Paulo")
kathmandu = ZoneInfo("Asia/Kathmandu")
nov = "2026-11-23T00:00:00Z"

# Plain fields, lists, ranges, steps, names
cron("0 15 10 ? * *", nov, every, at("10:15:00"))
cron("0 15 10 * * ?", nov, every, at("10:15:00"))
cron("0 0 10,14,16 * * ?", nov, every, product([10, 14, 16]), count=7)
cron("0 0/30 9-17 * * ?", nov, every, product(range(9, 18), [0, 30]), count=20)
cron("0 * 14 * * ?", "2026-11-23T14:57:30Z", every, product([14], range(60)))
cron("0 0-5 14 * * ?", nov, every, product([14], range(6)), count=8)
cron("0 3/17 8,20 * * ?", nov, every, product([8, 20], [3, 20, 37, 54]), count=9)
cron("5-55/10 59 23 * * ?", nov, every, product([23], [59], range(5, 56, 10)), count=8)
cron("0,20,40 0 0 * * ?", "2026-12-31T00:00:20Z", every, product([0], [0], [0, 20, 40]))
cron("*/15 0 6-18/6 * * ?", nov, every, product([6, 12, 18], [0], [0, 15, 30, 45]), count=9)
cron("0 0 12 ? * WED", nov, on(WED), at("12:00:00"))
cron("0 0 12 ? * 1", nov, on(MON), at("12:00:00"))
cron("0 0 12 ? * 7", nov, on(SUN), at("12:00:00"))
cron("0 0 12 ? * 0", nov, on(SUN), at("12:00:00"))
cron("0 0 12 ? * L", nov, on(SUN), at("12:00:00"))
cron("0 0 9 ? * MON-FRI", nov, on(MON, TUE, WED, THU, FRI), at("9:00:00"), count=7)
cron("0 0 9 ? * fri-sun", nov, on(FRI, SAT, SUN), at("9:00:00"), count=7)
cron("0 0 9 ? * SUN-Tue", nov, on(SUN, MON, TUE), at("9:00:00"), count=7)
cron("0 0 9 ? * 5-7", nov, on(FRI, SAT, SUN), at("9:00:00"), count=7)
cron("0 0 9 ? * 1/2", nov, on(MON, WED, FRI, SUN), at("9:00:00"), count=6)
cron("0 0 9 ? * */2", nov, on(SUN, TUE, THU, SAT), at("9:00:00"), count=6)
cron("0 0 9 ? * Monday,thursday", nov, on(MON, THU), at("9:00:00"))
cron("0 10,44 14 ? 3 WED", nov, both(months(3), on(WED)), product([14], [10, 44]), count=8)
cron("0 0 0 1 1/3 ?", nov, both(months(1, 4, 7, 10), dates(1)), at("0:00:00"))
cron("0 0 0 1 JAN,jul ?", nov, both(months(1, 7), dates(1)), at("0:00:00"))
cron("0 0 0 1 september-November ?", nov, both(months(9, 10, 11), dates(1)), at("0:00:00"))
cron("00 05 08 01 02 ?", nov, both(months(2), dates(1)), at("8:05:00"))
cron("0 0 0 */10 * ?", nov, dates(1, 11, 21, 31), at("0:00:00"), count=7)
cron("0 0 0 10-20/5 * ?", nov, dates(10, 15, 20), at("0:00:00"))
cron("0 0 0 31 * ?", nov, dates(31), at("0:00:00"), count=7)
cron("0 0 0 29,30 2 ?", nov, both(months(2), dates(29)), at("0:00:00"))
cron("0 0 0 29 2 ?", "2092-03-01T00:00:00Z", both(months(2), dates(29)), at("0:00:00"))
cron("0 0 9 ? 2 1#5", nov, both(months(2), nth(MON, 5)), at("9:00:00"), count=3)

# L, W, LW, #, and both day fields
cron("0 15 10 L * ?", nov, lambda d: d.day == last(d), at("10:15:00"), count=6)
cron("0 0 0 l 2 ?", nov, both(months(2), lambda d: d.day == last(d)), at("0:00:00"))
cron("0 15 10 ? * 6L", nov, last_weekday(SAT), at("10:15:00"), count=6)
cron("0 15 10 ? * FRIL", nov, last_weekday(FRI), at("10:15:00"), count=6)
cron("0 15 10 ? * 7L", nov, last_weekday(SUN), at("10:15:00"), count=6)
cron("0 0 8 LW * ?", nov, last_working, at("8:00:00"), count=14)
cron("0 0 8 15W * ?", nov, nearest_working(15), at("8:00:00"), count=14)
cron("0 0 8 1W * ?", nov, nearest_working(1), at("8:00:00"), count=14)
cron("0 0 8 31W * ?", nov, nearest_working(31), at("8:00:00"), count=10)
cron("0 0 8 30w 4,5 ?", nov, both(months(4, 5), nearest_working(30)), at("8:00:00"), count=8)
cron("0 0 8 1W,15,28W * ?", nov, either(nearest_working(1), dates(15), nearest_working(28)), at("8:00:00"), count=9)
cron("0 15 10 ? * 4#2", nov, nth(THU, 2), at("10:15:00"), count=6)
cron("0 15 10 ? * MON#5", nov, nth(MON, 5), at("10:15:00"), count=6)
cron("0 15 10 ? * 1#1,FRI#3", nov, either(nth(MON, 1), nth(FRI, 3)), at("10:15:00"), count=6)
cron("0 15 10 ? * 7#1,WED", nov, either(nth(SUN, 1), on(WED)), at("10:15:00"), count=8)
cron("0 0 12 13 * FRI", nov, either(dates(13), on(FRI)), at("12:00:00"), count=8)
cron("0 0 12 L * 1#1", nov, either(lambda d: d.day == last(d), nth(MON, 1)), at("12:00:00"), count=6)
cron("0 0 12 LW * ?", "2027-01-29T12:00:00Z", last_working, at("12:00:00"), count=3)
cron("0 0 12 1W * 2L", nov, either(nearest_working(1), last_weekday(TUE)), at("12:00:00"), count=6)

# Years
cron("0 0 12 25 12 ? 2027", nov, both(years(2027), months(12), dates(25)), at("12:00:00"))
cron("0 0 12 25 12 ? 2027-2029", nov, both(years(2027, 2028, 2029), months(12), dates(25)), at("12:00:00"))
cron("0 0 12 1 1 ? 2028/20", nov, both(years(2028, 2048, 2068, 2088), months(1), dates(1)), at("12:00:00"))
cron("0 0 12 1 1 ? */50", nov, both(years(2020, 2070), months(1), dates(1)), at("12:00:00"))
cron("0 0 12 29 2 ? 2027,2028,2040", nov, both(years(2028, 2040), months(2), dates(29)), at("12:00:00"))
cron("0 0 0 LW 6 ? 2030-2033", nov, both(years(*range(2030, 2034)), months(6), last_working), at("0:00:00"))
cron("59 59 23 31 12 ? 2098-2099", nov, both(years(2098, 2099), months(12), dates(31)), at("23:59:59"))
cron("0 0 12 ? * MON *", nov, on(MON), at("12:00:00"))

# Zones without turns
cron("0 0 9 * * ? UTC", nov, every, at("9:00:00"), count=3)
cron("0 0 9 * * ? * GMT", nov, every, at("9:00:00"), count=3)
cron("0 0 9 * * ? GMT+8:00", nov, every, at("9:00:00"), fixed(8))
cron("0 0 9 * * ? GMT-12:59", nov, every, at("9:00:00"), fixed(-12, 59))
cron("0 0 9 * * ? GMT+14:59", nov, every, at("9:00:00"), fixed(14, 59))
cron("0 0 9 * * ? GMT-0:30", nov, every, at("9:00:00"), timezone(timedelta(minutes=-30)))
cron("0 30 0 1 * ? 2027 GMT-3:30", nov, both(years(2027), dates(1)), at("0:30:00"), fixed(-3, 30))
cron("0 30 0 L * ? Asia/Kolkata", nov, lambda d: d.day == last(d), at("0:30:00"), kolkata)
cron("0 0 0 ? * MON#1 * Asia/Kathmandu", nov, nth(MON, 1), at("0:00:00"), kathmandu)

# Europe/Berlin: 02:00 is 03:00 on 2027-03-28, 03:00 is 02:00 on 2027-10-31
cron("0 30 2 * * ? Europe/Berlin", "2027-03-26T12:00:00Z", every, at("2:30:00"), berlin)
cron("0 30 2 * * ? Europe/Berlin", "2027-10-29T12:00:00Z", every, at("2:30:00"), berlin)
cron("0 0 2,3 * * ? Europe/Berlin", "2027-03-27T12:00:00Z", every, at("2:00:00", "3:00:00"), berlin)
cron("0 0/20 * * * ? Europe/Berlin", "2027-03-28T00:10:00Z", every, product(range(24), [0, 20, 40]), berlin, count=8)
cron("0 0/20 * * * ? Europe/Berlin", "2027-10-31T00:10:00Z", every, product(range(24), [0, 20, 40]), berlin, count=8)
cron("0 15,45 2,3 28 3 ? Europe/Berlin", "2027-01-01T00:00:00Z", both(months(3), dates(28)), product([2, 3], [15, 45]), berlin, count=6)
cron("0 59 2 LW * ? Europe/Berlin", "2027-10-01T00:00:00Z", last_working, at("2:59:00"), berlin)
cron("0 30 2 ? * 7L 2027 Europe/Berlin", "2027-02-01T00:00:00Z", both(years(2027), last_weekday(SUN)), at("2:30:00"), berlin, count=9)
cron("0 10 2,3 * * ? Europe/Berlin", "2027-03-28T01:05:00Z", every, at("2:10:00", "3:10:00"), berlin, count=3)
cron("0 40 2 28 3 ? Europe/Berlin", "2027-03-28T01:39:59Z", both(months(3), dates(28)), at("2:40:00"), berlin, count=2)
cron("0 30 1-3 * * ? Europe/Berlin", "2027-10-31T01:10:00Z", every, product([1, 2, 3], [30]), berlin, count=4)

# America/New_York: 2027-03-14 and 2027-11-07 at 02:00
cron("0 30 2 * * ? America/New_York", "2027-03-12T12:00:00Z", every, at("2:30:00"), york)
cron("0 30 1 * * ? America/New_York", "2027-11-05T12:00:00Z", every, at("1:30:00"), york)
cron("0 0 * * * ? America/New_York", "2027-11-07T03:30:00Z", every, product(range(24)), york, count=6)
cron("0 0 * * * ? America/New_York", "2027-03-14T04:30:00Z", every, product(range(24)), york, count=6)
cron("0 30 1 ? * SUN#1 2027 America/New_York", "2027-09-30T00:00:00Z", both(years(2027), nth(SUN, 1)), at("1:30:00"), york, count=3)

# Australia/Lord_Howe turns by half an hour: 2027-04-04 back, 2027-10-03 forward, both at 02:00
cron("0 45 1 * * ? Australia/Lord_Howe", "2027-04-02T00:00:00Z", every, at("1:45:00"), howe)
cron("0 15 2 * * ? Australia/Lord_Howe", "2027-10-01T00:00:00Z", every, at("2:15:00"), howe)
cron("0 0/10 1-2 * * ? Australia/Lord_Howe", "2027-10-02T14:35:00Z", every, product([1, 2], range(0, 60, 10)), howe, count=10)
cron("0 0/10 1-2 * * ? Australia/Lord_Howe", "2027-04-03T14:15:00Z", every, product([1, 2], range(0, 60, 10)), howe, count=12)

cron("0 15,35 2 3 10 ? Australia/Lord_Howe", nov, both(months(10), dates(3)), at("2:15:00", "2:35:00"), howe, count=4)

# Africa/Casablanca is turned for Ramadan: back on 2025-02-23 at 03:00, forward on 2025-04-06 at 02:00
cron("0 30 2 * * ? Africa/Casablanca", "2025-02-21T12:00:00Z", every, at("2:30:00"), casablanca)
cron("0 30 2 * * ? Africa/Casablanca", "2025-04-04T12:00:00Z", every, at("2:30:00"), casablanca)

# Pacific/Apia had no 2011-12-30
cron("0 0 12 * * ? Pacific/Apia", "2011-12-27T00:00:00Z", every, at("12:00:00"), apia)
cron("0 0 6,18 30 12 ? Pacific/Apia", "2010-12-31T00:00:00Z", both(months(12), dates(30)), at("6:00:00", "18:00:00"), apia, count=4)
cron("0 0 9 29-31 12 ? 2011 Pacific/Apia", "2011-01-01T00:00:00Z", both(years(2011), months(12), dates(29, 30, 31)), at("9:00:00"), apia)
cron("0 0 6,18 30,31 12 ? 2011 Pacific/Apia", "2011-12-30T15:00:00Z", both(years(2011), months(12), dates(30, 31)), at("6:00:00", "18:00:00"), apia)

# America/Sao_Paulo skipped midnight: 2017-10-15; it came twice on 2018-02-18 (from 2018-02-17 24:00)
cron("0 0 0 * * ? America/Sao_Paulo", "2017-10-13T12:00:00Z", every, at("0:00:00"), paulo)
cron("0 30 23 * * ? America/Sao_Paulo", "2018-02-16T12:00:00Z", every, at("23:30:00"), paulo)

# Rates
rate("rate(60s)", nov, nov, 60)
rate("rate(5m)", "2026-11-23T00:02:17Z", nov, 300)
rate("rate(5m)", "2026-11-23T00:02:17Z", "2026-11-23T00:12:17Z", 300)
rate("RATE (90 S)", nov, "2026-11-23T10:00:01Z", 90)
rate("rate(7h)", "2026-11-20T05:00:00Z", nov, 7 * 3600)
rate("rate(7d)", "2026-11-01T08:30:00Z", nov, 7 * 86400)
rate("rate(25h)", "2027-03-27T00:00:00Z", "2027-03-27T00:00:00Z", 25 * 3600)

# Instants
once("at(2026-12-01 09:00:00)", nov, datetime(2026, 12, 1, 9))
once("at(2026-12-01 09:00:00 UTC)", nov, datetime(2026, 12, 1, 9))
once("AT(2026-12-01 09:00:00 GMT+8:00)", nov, datetime(2026, 12, 1, 9), fixed(8))
once("at(2026-12-01 00:00:30 GMT-12:59)", nov, datetime(2026, 12, 1, 0, 0, 30), fixed(-12, 59))
once("at(2028-02-29 23:59:59 Europe/Berlin)", nov, datetime(2028, 2, 29, 23, 59, 59), berlin)
once("at(2027-03-28 02:30:00 Europe/Berlin)", nov, datetime(2027, 3, 28, 2, 30), berlin)
once("at(2027-10-31 02:30:00 Europe/Berlin)", nov, datetime(2027, 10, 31, 2, 30), berlin)
once("at(2027-03-14 02:00:00 America/New_York)", nov, datetime(2027, 3, 14, 2), york)
once("at(2027-11-07 01:59:59 America/New_York)", nov, datetime(2027, 11, 7, 1, 59, 59), york)
once("at(2027-10-03 02:10:00 Australia/Lord_Howe)", nov, datetime(2027, 10, 3, 2, 10), howe)
once("at(2011-12-30 12:00:00 Pacific/Apia)", "2011-12-01T00:00:00Z", datetime(2011, 12, 30, 12), apia)

print(json.dumps(cases))
