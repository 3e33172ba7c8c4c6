// What a client may still be worth over the horizon: expected value of what it buys, and of what it could buy. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "mainstay/base/money.h"
#include "mainstay/risk/gamma_gamma.h"
#include "mainstay/risk/models.h"
#include "mainstay/vocabulary/policy_values.h"

namespace mainstay::segmentation {

struct BoughtFacts {
  std::int64_t order_days = 0;  // With a net amount above zero.
  double weeks_to_last = 0;     // From the first order day to the last.
  double weeks_to_now = 0;      // From the first order day to now.
  Money net;                    // Of all order days.
  Money first_net;              // Of the first one, which the value of repeats leaves out (churn-risk.md 1.7).
};

// How the clients of a book order, and what an order day of theirs is worth.
struct OrderExpectation {
  risk::OrderModel orders;
  risk::GammaGamma values;  // In 1/10,000. REQUIRES: q > 1.
};
// Until somebody has fitted one: the default parameters, around `mean_order`, the book's mean.
[[nodiscard]] OrderExpectation DefaultExpectation(double mean_order);

// Revenue expected of a client over the horizon, each year discounted at its end: expected order days times the
// expected value of one. nullopt without any order.
[[nodiscard]] std::optional<Money> ExpectedOfBought(const BoughtFacts& facts, const OrderExpectation& expected,
                                                    const PolicyValues& policy);

// `yearly` over the horizon, each year discounted at its end.
[[nodiscard]] Money ExpectedOfYearly(Money yearly, const PolicyValues& policy);

}  // namespace mainstay::segmentation
