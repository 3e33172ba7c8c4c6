#include "mainstay/vocabulary/zone.h"

#include <gtest/gtest.h>

namespace mainstay {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Day D(const char* text) { return ParseDay(text).value(); }
Instant T(const char* text) { return ParseInstant(text).value(); }
LocalTime Wall(const char* day, minutes since_midnight) {
  return LocalTime{D(day).time_since_epoch() + since_midnight};
}

// One hour forward at `forward` and back at `back`, as in Europe.
ZoneRules Summer(seconds winter, const char* forward, const char* back) {
  return {"Test/Summer", "2025b", winter, {{T(forward), winter + hours{1}}, {T(back), winter}}};
}

TEST(ZoneRules, DefaultIsUtc) {
  const ZoneRules utc;
  EXPECT_EQ(utc.name(), "UTC");
  EXPECT_EQ(utc.StartOfDay(D("2026-03-29")), T("2026-03-29T00:00:00Z"));
  EXPECT_EQ(utc.LocalDay(T("2026-03-29T23:59:59.999Z")), D("2026-03-29"));
  EXPECT_EQ(utc.LocalDay(T("1969-12-31T23:59:59Z")), D("1969-12-31"));
}

TEST(ZoneRules, TheOffsetChangesExactlyAtTheTransition) {
  const ZoneRules zone = Summer(seconds{0}, "2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z");
  EXPECT_EQ(zone.OffsetAt(T("2026-03-29T00:59:59.999Z")), hours{0});
  EXPECT_EQ(zone.OffsetAt(T("2026-03-29T01:00:00Z")), hours{1});
  EXPECT_EQ(zone.StartOfDay(D("2026-03-30")), T("2026-03-29T23:00:00Z"));
  EXPECT_EQ(zone.EndOfDay(D("2026-03-29")) - zone.StartOfDay(D("2026-03-29")), hours{23});
  EXPECT_EQ(zone.EndOfDay(D("2026-10-25")) - zone.StartOfDay(D("2026-10-25")), hours{25});
}

TEST(ZoneRules, ATimeShownTwiceIsTheFirstShowing) {
  const ZoneRules zone = Summer(seconds{0}, "2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z");
  EXPECT_EQ(zone.ToInstant(Wall("2026-10-25", minutes{90})), T("2026-10-25T00:30:00Z"));
  EXPECT_EQ(zone.ToInstant(Wall("2026-10-25", minutes{120})), T("2026-10-25T02:00:00Z"));
}

TEST(ZoneRules, ATimeInAGapIsTheFirstInstantAfterIt) {
  const ZoneRules zone = Summer(seconds{0}, "2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z");
  EXPECT_EQ(zone.ToInstant(Wall("2026-03-29", minutes{90})), T("2026-03-29T01:00:00Z"));
}

TEST(ZoneRules, ADayWithoutMidnightStartsAtTheEndOfTheGap) {
  // Clocks go from 24:00 to 01:00, as in Sao Paulo on 2018-11-04.
  const ZoneRules zone = Summer(hours{-3}, "2018-11-04T03:00:00Z", "2019-02-17T02:00:00Z");
  EXPECT_EQ(zone.StartOfDay(D("2018-11-04")), T("2018-11-04T03:00:00Z"));
  EXPECT_EQ(zone.LocalDay(T("2018-11-04T02:59:59.999Z")), D("2018-11-03"));
  EXPECT_EQ(zone.LocalDay(T("2018-11-04T03:00:00Z")), D("2018-11-04"));
  // And back from 24:00 to 23:00: the evening before is an hour longer.
  EXPECT_EQ(zone.StartOfDay(D("2019-02-17")), T("2019-02-17T03:00:00Z"));
  EXPECT_EQ(zone.LocalDay(T("2019-02-17T02:59:59.999Z")), D("2019-02-16"));
}

TEST(ZoneRules, AMidnightShownTwiceStartsTheDayOnce) {
  // Clocks go from 01:00 back to 00:00, as in Havana.
  const ZoneRules zone = Summer(hours{-5}, "2026-03-08T05:00:00Z", "2026-11-01T05:00:00Z");
  EXPECT_EQ(zone.StartOfDay(D("2026-11-01")), T("2026-11-01T04:00:00Z"));
}

TEST(ZoneRules, ASkippedDayStartsWhereTheNextOneStarts) {
  const ZoneRules samoa{"Pacific/Apia", "2025b", hours{-10}, {{T("2011-12-30T10:00:00Z"), hours{14}}}};
  EXPECT_EQ(samoa.StartOfDay(D("2011-12-30")), T("2011-12-30T10:00:00Z"));
  EXPECT_EQ(samoa.StartOfDay(D("2011-12-31")), T("2011-12-30T10:00:00Z"));
  EXPECT_EQ(samoa.LocalDay(T("2011-12-30T09:59:59Z")), D("2011-12-29"));
}

TEST(ZoneRules, CopiesAreEqualAndAnotherDataVersionIsNot) {
  const ZoneRules zone = Summer(seconds{0}, "2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z");
  const ZoneRules copy = zone;
  EXPECT_EQ(copy, zone);
  EXPECT_EQ(Summer(seconds{0}, "2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"), zone);
  EXPECT_FALSE(ZoneRules("UTC", "2025a", seconds{0}, {}) == ZoneRules("UTC", "2025b", seconds{0}, {}));
}

}  // namespace
}  // namespace mainstay
