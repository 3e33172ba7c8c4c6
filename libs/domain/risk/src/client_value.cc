#include "mainstay/risk/client_value.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "mainstay/base/check.h"

namespace mainstay::risk {
namespace {

constexpr double kWeeksPerYear = 365.25 / 7;
constexpr double kReferredWorth = 1.16;   // A referred client against another one.
constexpr double kLeastDiscount = 0.001;  // A year: without one, terms without end need not add up to a number.

std::vector<double> EndsOfYears(int years) {
  std::vector<double> ends;
  for (int year = 1; year <= years; ++year) ends.push_back(kWeeksPerYear * year);
  return ends;
}

// Of orders expected up to the end of each year.
double DiscountedByYear(const std::vector<double>& orders, double discount) {
  double sum = 0;
  double before = 0;
  double factor = 1;
  for (const double until : orders) {
    factor /= 1 + discount;
    sum += (until - before) * factor;
    before = until;
  }
  return sum;
}

// Gaps of k stages at rate lambda are orders at rate lambda / k.
OrderModel WithoutStages(OrderModel model) {
  model.alpha *= model.k;
  model.k = 1;
  return model;
}

struct Stream {
  double to_come = 0;    // Discounted order days or terms.
  double so_far = 1;     // Order days or terms.
  double margin = 0;     // Of one of them.
  double new_worth = 0;  // Of a new client; 0 unless there are referrals, which alone ask for it.
};

Stream OfContract(const ContractFacts& contract, const ValueFacts& values, const Renewals& renewals,
                  const Economics& economics) {
  const double years = contract.term_weeks / kWeeksPerYear;
  const double discount = std::expm1(years * std::log1p(std::max(economics.discount, kLeastDiscount)));
  Stream stream;
  stream.to_come = DiscountedLifetime(renewals, contract.renewals + 1, discount);
  stream.so_far = static_cast<double>(contract.renewals + 1);
  stream.margin = economics.margin * static_cast<double>(values.revenue_365.units()) * years;
  if (values.referrals > 0) stream.new_worth = stream.margin * DiscountedLifetime(renewals, 1, discount);
  return stream;
}

Stream OfOrders(const OrderStatistics& statistics, double age, const ValueFacts& values, const OrderModel& model,
                const std::optional<GammaGamma>& order_values, const Economics& economics) {
  const OrderValues& orders = values.orders;
  const double own = orders.x > 0 ? orders.mean : orders.first;
  const double expected = order_values ? ExpectedOrderValue(*order_values, orders.x, orders.mean) : own;
  const double anybodys = order_values ? ExpectedOrderValue(*order_values, 0, 0) : own;
  const int years = economics.horizon_years;
  Stream stream;
  stream.to_come = DiscountedOrders(model, statistics.repeats, age, years, economics.discount);
  stream.so_far = static_cast<double>(statistics.repeats.x + 1);
  stream.margin = economics.margin * expected;
  if (values.referrals > 0) {
    stream.new_worth = economics.margin * anybodys * DiscountedOrdersOfNew(model, years, economics.discount);
  }
  return stream;
}

Money Rounded(double units) { return ScaleHalfUp(Money::FromUnits(1), units); }

}  // namespace

double DiscountedOrders(const OrderModel& model, const Repeats& repeats, double age, int years, double discount) {
  MAINSTAY_CHECK(years >= 0 && discount >= 0, "a horizon and a discount are not negative");
  const OrderModel even = WithoutStages(model);
  return PAlive(model, repeats, age) *
         DiscountedByYear(ExpectedOrdersIfActive(even, repeats, age, EndsOfYears(years)), discount);
}

double DiscountedOrdersOfNew(const OrderModel& model, int years, double discount) {
  MAINSTAY_CHECK(years >= 0 && discount >= 0, "a horizon and a discount are not negative");
  return 1 + DiscountedByYear(ExpectedRepeats(WithoutStages(model), EndsOfYears(years)), discount);
}

OrderValues ValuesOf(const OrderDays& days) {
  OrderValues values;
  bool first = true;
  double sum = 0;
  for (const OrderDay& day : days.parts().days) {
    if (day.net <= Money{}) continue;
    const auto value = static_cast<double>(day.net.units());
    if (first) values.first = value;
    // With a head the oldest day whose amount is kept is a repeat one, too.
    if (!first || !days.parts().folded.bits.empty()) {
      ++values.x;
      sum += value;
    }
    first = false;
  }
  if (values.x > 0) values.mean = sum / static_cast<double>(values.x);
  return values;
}

Money ClientValue::total() const {
  return Rounded(static_cast<double>(residual.units()) + static_cast<double>(replacement.units()) +
                 static_cast<double>(referral.units()));
}

ClientValue ValueOf(const ClientFacts& facts, const Score& score, const ValueFacts& values,
                    const ChurnParameters& parameters, const std::optional<GammaGamma>& order_values,
                    const Economics& economics) {
  ClientValue value{{}, Rounded(economics.replacement_cost), {}};
  Stream stream;
  if (facts.contract) {
    stream = OfContract(*facts.contract, values, parameters.renewals, economics);
  } else if (facts.orders && score.age_weeks) {
    stream = OfOrders(facts.orders->statistics, *score.age_weeks, values, parameters.model, order_values, economics);
  }
  value.residual = Rounded(stream.margin * stream.to_come);
  const double referrals = static_cast<double>(values.referrals) / stream.so_far * stream.to_come;
  value.referral = Rounded(referrals * economics.referral_close * kReferredWorth * stream.new_worth);
  return value;
}

Money MoneyAtStake(const ClientValue& value, const Score& score) {
  return score.probability ? ScaleHalfUp(value.total(), *score.probability) : Money{};
}

}  // namespace mainstay::risk
