// What a client may still be worth over the horizon: expected value of what it buys, and of what it could buy. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "mainstay/base/money.h"
#include "mainstay/segmentation/policy_values.h"

namespace mainstay::segmentation {

struct BoughtFacts {
  std::int64_t order_days = 0;  // With a net amount above zero.
  double weeks_to_last = 0;     // From the first order day to the last.
  double weeks_to_now = 0;      // From the first order day to now.
  Money net;                    // Of all order days.
};

// Revenue expected of a client over the horizon, each year discounted at its end: expected orders by MBG/NBD
// times the expected value of an order by Gamma-Gamma around `mean_order`, the book's mean,
// both with the default parameters. nullopt without any order.
[[nodiscard]] std::optional<Money> ExpectedOfBought(const BoughtFacts& facts, double mean_order,
                                                    const PolicyValues& policy);

// `yearly` over the horizon, each year discounted at its end.
[[nodiscard]] Money ExpectedOfYearly(Money yearly, const PolicyValues& policy);

}  // namespace mainstay::segmentation
