// What keeping one client is worth, and so what its churn risk puts at stake (product: severity by money at stake).
//
//   at stake = P_churn * (residual value + replacement cost + referral value)
//
// Residual value: margin * E[value of an order day] * expected order days, year by year, each year discounted at its
// end (Fader, Hardie & Lee 2005; Fader & Hardie 2013, note 025). A contract client's: margin * revenue of a term *
// discounted expected terms (DERL, Fader & Hardie 2010). Replacement cost: what winning another one costs, unless its
// place fills itself. Referral value: referrals so far per order day (or term) * those still expected * the chance
// that one is won * the value of a new client, 16 % more for a referred one (Schmitt, Skiera & Van den Bulte 2011).
//
// Money is in 1/10,000 of the book's currency, as everywhere. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "mainstay/base/money.h"
#include "mainstay/risk/gamma_gamma.h"
#include "mainstay/risk/models.h"
#include "mainstay/risk/order_days.h"
#include "mainstay/risk/score.h"

namespace mainstay::risk {

// Expected order days in each of `years` years from `age` on, discounted by `discount` a year at the year's end. For
// k > 1 alpha is scaled by k, which is some 2 % low. REQUIRES: the unit of time is the week, years >= 0, discount >= 0.
[[nodiscard]] double DiscountedOrders(const OrderModel& model, const Repeats& repeats, double age, int years,
                                      double discount);
// The same for a client at its first order, which counts as 1.
[[nodiscard]] double DiscountedOrdersOfNew(const OrderModel& model, int years, double discount);

// Values of a client's order days: of the repeat ones, as Gamma-Gamma asks, and of the first.
struct OrderValues {
  std::int64_t x = 0;  // Repeat order days whose amount is kept.
  double mean = 0;     // Of them; 0 if there are none.
  double first = 0;    // Of the oldest order day that is kept.
};
[[nodiscard]] OrderValues ValuesOf(const OrderDays& days);

// How a book counts.
struct Economics {
  double margin = 0.3;  // Part of revenue.
  double discount = 0.1;
  int horizon_years = 10;
  double replacement_cost = 0;      // Already less the chance that nothing has to be paid.
  double referral_close = 1.0 / 3;  // Chance that a referral becomes a client: the mean of Beta(2, 4).
};

struct ValueFacts {
  OrderValues orders;
  Money revenue_365;           // REQUIRES: >= 0.
  std::int64_t referrals = 0;  // Given, ever.
};

struct ClientValue {
  Money residual;
  Money replacement;
  Money referral;
  [[nodiscard]] Money total() const;  // Saturates at the range's end.
};

// Without `order_values` (no fit) an order is worth what the client's were so far. A client without orders and contract
// has only its replacement cost. `facts` and `score` of the same instant.
[[nodiscard]] ClientValue ValueOf(const ClientFacts& facts, const Score& score, const ValueFacts& values,
                                  const ChurnParameters& parameters, const std::optional<GammaGamma>& order_values,
                                  const Economics& economics);

// Rounded half up to 1/10,000; zero without a probability.
[[nodiscard]] Money MoneyAtStake(const ClientValue& value, const Score& score);

}  // namespace mainstay::risk
