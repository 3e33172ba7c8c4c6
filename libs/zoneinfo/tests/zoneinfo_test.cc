#include "mainstay/zoneinfo/zoneinfo.h"

#include <gtest/gtest.h>

#include <future>
#include <string>
#include <vector>

namespace mainstay::zoneinfo {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

Day D(const char* text) { return ParseDay(text).value(); }
Instant T(const char* text) { return ParseInstant(text).value(); }

struct DayBounds {
  const char* zone;
  const char* day;
  const char* start;
  int minutes;
};

class ZoneDays : public ::testing::TestWithParam<DayBounds> {};

TEST_P(ZoneDays, StartAndLengthAreThoseOnTheWall) {
  const Result<ZoneRules> zone = LoadZone(GetParam().zone);
  ASSERT_TRUE(zone) << zone.error().message;
  const Day day = D(GetParam().day);
  EXPECT_EQ(FormatInstant(zone->StartOfDay(day)), GetParam().start);
  EXPECT_EQ(zone->EndOfDay(day) - zone->StartOfDay(day), minutes{GetParam().minutes});
  EXPECT_EQ(zone->LocalDay(zone->StartOfDay(day)), day);
  EXPECT_EQ(zone->LocalDay(zone->StartOfDay(day) - Duration{1}), day - std::chrono::days{1});
}

INSTANTIATE_TEST_SUITE_P(Table, ZoneDays,
                         ::testing::Values(DayBounds{"UTC", "2026-03-29", "2026-03-29T00:00:00Z", 1440},
                                           DayBounds{"Europe/London", "2026-03-29", "2026-03-29T00:00:00Z", 1380},
                                           DayBounds{"Europe/London", "2026-07-01", "2026-06-30T23:00:00Z", 1440},
                                           DayBounds{"Europe/London", "2026-10-25", "2026-10-24T23:00:00Z", 1500},
                                           DayBounds{"Europe/London", "1970-06-01", "1970-05-31T23:00:00Z", 1440},
                                           DayBounds{"America/New_York", "2026-03-08", "2026-03-08T05:00:00Z", 1380},
                                           DayBounds{"America/New_York", "2026-11-01", "2026-11-01T04:00:00Z", 1500},
                                           DayBounds{"America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", 1380},
                                           DayBounds{"Asia/Beirut", "2026-03-29", "2026-03-28T22:00:00Z", 1380},
                                           DayBounds{"Asia/Kolkata", "2026-03-29", "2026-03-28T18:30:00Z", 1440},
                                           DayBounds{"Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00:00Z", 1470},
                                           DayBounds{"Pacific/Kiritimati", "2026-01-01", "2025-12-31T10:00:00Z",
                                                     1440}));

TEST(LoadZone, SummerTimeGoesOnWhereTheTablesEnd) {
  const ZoneRules zone = LoadZone("Europe/London").value();
  for (int year = 2026; year <= 2100; ++year) {
    const Day july = std::chrono::year{year} / 7 / 1;
    EXPECT_EQ(zone.OffsetAt(Instant{july}), hours{1}) << year;
    const Day january = std::chrono::year{year} / 1 / 1;
    EXPECT_EQ(zone.OffsetAt(Instant{january}), hours{0}) << year;
  }
  EXPECT_EQ(zone.OffsetAt(T("2050-03-27T00:59:59Z")), hours{0});  // The last Sunday of March 2050.
  EXPECT_EQ(zone.OffsetAt(T("2050-03-27T01:00:00Z")), hours{1});
  const ZoneRules sydney = LoadZone("Australia/Sydney").value();  // Summer runs over the new year.
  EXPECT_EQ(sydney.OffsetAt(T("2060-01-01T00:00:00Z")), hours{11});
  EXPECT_EQ(sydney.OffsetAt(T("2060-07-01T00:00:00Z")), hours{10});
}

TEST(LoadZone, AnUnknownNameIsRefusedByField) {
  for (const char* name : {"Europe/Atlantis", "", "europe/london", "../../etc/passwd", "/etc/passwd", "tzdata.zi"}) {
    const Result<ZoneRules> zone = LoadZone(name);
    ASSERT_FALSE(zone) << name;
    EXPECT_EQ(zone.error().code, ErrorCode::kInvalidArgument) << name;
    EXPECT_EQ(zone.error().field, "timeZone") << name;
  }
}

TEST(LoadZone, CarriesNameAndDataVersion) {
  const ZoneRules zone = LoadZone("Europe/London").value();
  EXPECT_EQ(zone.name(), "Europe/London");
  EXPECT_EQ(zone.data_version(), DataVersion());
  EXPECT_FALSE(DataVersion().empty());
}

TEST(LoadZone, ManyThreadsGetTheSameRules) {
  std::vector<std::future<Result<ZoneRules>>> answers;
  for (int i = 0; i < 8; ++i) {
    answers.push_back(
        std::async(std::launch::async, [i] { return LoadZone(i % 2 == 0 ? "Europe/Paris" : "America/Chicago"); }));
  }
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const Result<ZoneRules> zone = answers[i].get();
    ASSERT_TRUE(zone);
    EXPECT_EQ(*zone, LoadZone(zone->name()).value());
  }
}

}  // namespace
}  // namespace mainstay::zoneinfo
