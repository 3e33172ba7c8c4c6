// Intervals and graces of a policy, and what they make of a week.
#include "mainstay/vocabulary/cadence_terms.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace mainstay {
namespace {

std::string Refusal(const std::map<std::string, double>& thresholds, const PolicyValues& values = {}) {
  const Result<PolicyValues> changed = WithThresholds(values, thresholds);
  if (changed) return "";
  EXPECT_EQ(changed.error().field, "data.thresholds");
  return changed.error().message;
}

TEST(CadenceTerms, TwoHundredClientsNeedSixtyCallsAWeek) {
  EXPECT_EQ(CallsPerWeek({40, 40, 120}, {}), 60) << "to the last bit";
  EXPECT_NEAR(CallsPerWeek({40, 32, 128}, {}), 58.67, .005);
  EXPECT_NEAR(CallsPerWeekOfYear({40, 32, 128}, {}), 57.23, .005);
}

TEST(CadenceTerms, ATierThatIsCalledHalfAsOftenNeedsHalfTheCalls) {
  const TierCounts counts{40, 40, 120};
  EXPECT_EQ(CallsPerWeek(counts, {.interval_a_days = 14}), 20 + 10 + 10);
  EXPECT_EQ(CallsPerWeek(counts, {.interval_b_months = 2}), 40 + 5 + 10);
  EXPECT_EQ(CallsPerWeek(counts, {.interval_c_months = 6}), 40 + 10 + 5);
  EXPECT_EQ(CallsPerWeekOfYear({52, 52, 52}, {}), 52 + 12 + 4);
  EXPECT_EQ(CallsPerWeekOfYear({52, 52, 52}, {.interval_b_months = 2, .interval_c_months = 12}), 52 + 6 + 1);
}

TEST(CadenceTerms, AMonthIsATwelfthOfAYearWhereDaysAreCounted) {
  const CadenceTerms terms;
  EXPECT_EQ(terms.AllowedDays(Tier::kA), 7);
  EXPECT_EQ(terms.AllowedDays(Tier::kB), 30);
  EXPECT_EQ(terms.AllowedDays(Tier::kC), 91);
  EXPECT_EQ(terms.AllowedDays(Tier::kNone), 0);
  EXPECT_EQ(CadenceTerms{.interval_c_months = 12}.AllowedDays(Tier::kC), 365);
}

TEST(CadenceTerms, AreThoseOfThePolicy) {
  const CadenceTerms terms = TermsOf({.interval_a_days = 10,
                                      .interval_b_months = 2,
                                      .interval_c_months = 5,
                                      .grace_a_days = 1,
                                      .grace_b_days = 0,
                                      .grace_c_days = 30});
  EXPECT_EQ(terms, (CadenceTerms{10, 2, 5, 1, 0, 30}));
  EXPECT_EQ(TermsOf({}), CadenceTerms{}) << "the defaults are the same";
}

TEST(PolicyValues, ACostIsNoHigherAtLeastThanAtMost) {
  EXPECT_EQ(Refusal({{"keep_cost_low", 2000}}), "keep_cost_low must be at most keep_cost_high, 1000");
  EXPECT_EQ(Refusal({{"keep_cost_high", 100}}), "keep_cost_low must be at most keep_cost_high, 100");
  EXPECT_EQ(Refusal({{"keep_cost_low", 2000}, {"keep_cost_high", 2000}}), "");
}

TEST(PolicyValues, WhatWasAcceptedOnceCanBeReadThoughItWereRefusedToday) {
  const Result<PolicyValues> stored = StoredValues({{"keep_cost_low", 2000}});
  ASSERT_TRUE(stored.has_value());
  EXPECT_EQ(stored->keep_cost_low, 2000);
  EXPECT_FALSE(StoredValues({{"no_such_value", 1}}).has_value());
}

TEST(PolicyValues, NonsenseIsRefusedByNameWithItsLimits) {
  EXPECT_EQ(Refusal({{"interval_a_days", 0}}), "interval_a_days must be a whole number from 1 to 366");
  EXPECT_EQ(Refusal({{"interval_a_days", 7.5}}), "interval_a_days must be a whole number from 1 to 366");
  EXPECT_EQ(Refusal({{"discount", -.1}}), "discount must be from 0 to 1");
  EXPECT_EQ(Refusal({{"margin", std::nan("")}}), "margin must be from 0 to 1");
  EXPECT_EQ(Refusal({{"best_rules", 6}}), "best_rules must be a whole number from 1 to 5");
  EXPECT_EQ(Refusal({{"intervall_a_days", 7}}), "a policy has no value 'intervall_a_days'");
}

TEST(PolicyValues, ABetterTierIsCalledAtLeastAsOftenAsTheNextOne) {
  EXPECT_NE(Refusal({{"interval_a_days", 29}}).find("at most 28"), std::string::npos);
  EXPECT_EQ(Refusal({{"interval_a_days", 28}}), "");
  EXPECT_NE(Refusal({{"interval_b_months", 4}}).find("at most interval_c_months"), std::string::npos);
  EXPECT_EQ(Refusal({{"interval_b_months", 4}, {"interval_c_months", 4}}), "") << "both at once";
}

TEST(PolicyValues, LevelsOfRiskStayInOrder) {
  EXPECT_NE(Refusal({{"elevated", .6}}), "");
  EXPECT_NE(Refusal({{"hysteresis", .3}}), "");
  EXPECT_EQ(Refusal({{"elevated", .6}, {"high", .6}}), "");
}

TEST(PolicyValues, EachHasADefaultWithinItsLimitsAndAnOwnName) {
  std::string before;
  for (const PolicyValueInfo& info : PolicyValueTable()) {
    EXPECT_LT(before, info.name) << "by name";
    before = info.name;
    const double value = PolicyValues{}.*info.value;
    EXPECT_TRUE(info.lo <= value && value <= info.hi) << info.name;
    EXPECT_EQ(Refusal({{std::string(info.name), value}}), "");
  }
}

}  // namespace
}  // namespace mainstay
