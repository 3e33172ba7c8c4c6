#include <gtest/gtest.h>

#include "mainstay/telemetry/health.h"
#include "mainstay/telemetry/http_pages.h"
#include "mainstay/telemetry/metrics.h"

namespace mainstay::telemetry {
namespace {

constexpr Family kTotal{"x_total", "Help."};
constexpr Family kGauge{"x_now", "Help."};
constexpr Family kSeconds{"x_seconds", "Help."};

TEST(Metrics, ThePageHasEachFamilyWithItsLabels) {
  Metrics metrics;
  metrics.Count(kTotal, {{"a", "1"}});
  metrics.Count(kTotal, {{"a", "1"}}, 2);
  metrics.Set(kGauge, {}, 7);
  metrics.Observe(kSeconds, {}, 0.02);
  const std::string page = metrics.Text();
  EXPECT_NE(page.find("x_total{a=\"1\"} 3\n"), std::string::npos) << page;
  EXPECT_NE(page.find("x_now 7\n"), std::string::npos) << page;
  EXPECT_NE(page.find("x_seconds_bucket{le=\"0.025\"} 1\n"), std::string::npos) << page;
}

TEST(Metrics, ATotalKeptElsewhereNeverFalls) {
  Metrics metrics;
  metrics.CountTo(kTotal, {}, 5);
  metrics.CountTo(kTotal, {}, 3);
  EXPECT_NE(metrics.Text().find("x_total 5\n"), std::string::npos);
}

TEST(Health, StartedStaysAndListenersHearEachChangeOnce) {
  Health health;
  int heard = 0;
  health.OnChange([&](const HealthState&) { ++heard; });
  health.SetNotReady("broker away");
  health.SetNotReady("broker away");
  EXPECT_FALSE(health.state().started);
  health.SetReady();
  health.SetNotReady("broker away");
  EXPECT_TRUE(health.state().started);
  EXPECT_FALSE(health.state().ready);
  EXPECT_EQ(health.state().reason, "broker away");
  EXPECT_EQ(heard, 3);
}

TEST(HttpPages, ATakenAddressIsNamed) {
  Metrics metrics;
  Health health;
  const auto first = HttpPages::Start("127.0.0.1:0", metrics, health);
  ASSERT_TRUE(first);
  const auto second = HttpPages::Start((*first)->address(), metrics, health);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find((*first)->address()), std::string::npos);
}

}  // namespace
}  // namespace mainstay::telemetry
