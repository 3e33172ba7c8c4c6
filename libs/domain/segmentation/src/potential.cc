#include "mainstay/segmentation/potential.h"

#include <algorithm>
#include <cmath>

#include "mainstay/risk/gamma_gamma.h"
#include "mainstay/risk/models.h"

namespace mainstay::segmentation {
namespace {

constexpr double kWeeksPerYear = 365.25 / 7;

}  // namespace

std::optional<Money> ExpectedOfBought(const BoughtFacts& facts, double mean_order, const PolicyValues& policy) {
  if (facts.order_days < 1 || mean_order <= 0) return std::nullopt;
  const risk::OrderModel model;
  const risk::Repeats repeats{facts.order_days - 1, facts.weeks_to_last, 0};
  const double age = std::max(facts.weeks_to_now, facts.weeks_to_last);
  risk::GammaGamma values;
  values.gamma = mean_order * (values.q - 1) / values.p;  // The population's mean is the book's.
  const double mean = static_cast<double>(facts.net.units()) / static_cast<double>(facts.order_days);
  const double order_value = risk::ExpectedOrderValue(values, facts.order_days, mean);
  double expected = 0;
  double before = 0;
  double factor = 1;
  for (int year = 1; year <= static_cast<int>(policy.horizon_years); ++year) {
    const double orders = risk::ExpectedOrders(model, repeats, age, kWeeksPerYear * year);
    factor /= 1 + policy.discount;
    expected += (orders - before) * factor;
    before = orders;
  }
  return ScaleHalfUp(Money::FromUnits(1), expected * order_value);
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
