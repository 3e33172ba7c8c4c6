#include "mainstay/base/instant.h"

#include <gtest/gtest.h>

namespace mainstay {
namespace {

TEST(Instant, FormatsUtcAndKeepsMilliseconds) {
  EXPECT_EQ(FormatInstant(FromMs(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(FormatInstant(FromMs(1)), "1970-01-01T00:00:00.001Z");
  EXPECT_EQ(FormatInstant(FromMs(-1)), "1969-12-31T23:59:59.999Z");
}

TEST(Instant, ParsesWhatItFormatsAndOffsets) {
  for (const std::int64_t ms : {0LL, 1'700'000'000'123LL, -86'400'001LL}) {
    EXPECT_EQ(ParseInstant(FormatInstant(FromMs(ms))).value(), FromMs(ms));
  }
  EXPECT_EQ(ParseInstant("2026-01-05T10:00:00+01:00").value(), ParseInstant("2026-01-05T09:00:00Z").value());
  EXPECT_EQ(ParseInstant("2026-01-05T09:00:00.123456789Z").value(), ParseInstant("2026-01-05T09:00:00.123Z").value());
}

TEST(Instant, RefusesWhatIsNoTime) {
  for (const char* text : {"", "2026-01-05", "2026-13-05T09:00:00Z", "2026-02-30T09:00:00Z", "2026-01-05T25:00:00Z",
                           "2026-01-05T09:00:00", "2026-01-05T09:00:00.Z", "2026-01-05T09:00:00+1:00"}) {
    EXPECT_FALSE(ParseInstant(text).has_value()) << text;
  }
}

TEST(Day, ParsesOnlyRealDates) {
  EXPECT_EQ(FormatDay(ParseDay("2024-02-29").value()), "2024-02-29");
  EXPECT_FALSE(ParseDay("2026-02-29").has_value());
  EXPECT_FALSE(ParseDay("2026-2-9").has_value());
}

}  // namespace
}  // namespace mainstay
