#include "mainstay/segmentation/potential.h"

#include <algorithm>

#include "mainstay/risk/client_value.h"

namespace mainstay::segmentation {
OrderExpectation DefaultExpectation(double mean_order) {
  OrderExpectation expected;
  risk::GammaGamma& values = expected.values;
  values.gamma = mean_order * (values.q - 1) / values.p;  // The population's mean is the book's.
  return expected;
}

std::optional<Money> ExpectedOfBought(const BoughtFacts& facts, const OrderExpectation& expected,
                                      const PolicyValues& policy) {
  if (facts.order_days < 1 || expected.values.gamma <= 0) return std::nullopt;
  const risk::Repeats repeats{facts.order_days - 1, facts.weeks_to_last, 0};
  const double age = std::max(facts.weeks_to_now, facts.weeks_to_last);
  const double again = static_cast<double>(facts.net.units()) - static_cast<double>(facts.first_net.units());
  const double mean = repeats.x > 0 ? again / static_cast<double>(repeats.x) : 0;
  const double order_value = risk::ExpectedOrderValue(expected.values, repeats.x, mean);
  const int years = static_cast<int>(policy.horizon_years);
  const double orders = risk::DiscountedOrders(expected.orders, repeats, age, years, policy.discount);
  return ScaleHalfUp(Money::FromUnits(1), orders * order_value);
}

Money ExpectedOfYearly(Money yearly, const PolicyValues& policy) {
  double sum = 0;
  double factor = 1;
  for (int year = 1; year <= static_cast<int>(policy.horizon_years); ++year) {
    factor /= 1 + policy.discount;
    sum += factor;
  }
  return ScaleHalfUp(yearly, sum);
}

}  // namespace mainstay::segmentation
