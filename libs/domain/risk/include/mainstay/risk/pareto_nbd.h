// Pareto/NBD (Schmittlein, Morrison & Colombo 1987; Fader & Hardie 2005, note 009): a yardstick for the MBG family.
//
// The story: while active a client orders at rate lambda ~ Gamma(r, alpha); it leaves at an exponential time of rate
// mu ~ Gamma(s, beta), at any moment. Everything follows from the odds of having left,
//   ratio = int_{t_x}^{T} s/(beta+u) ((alpha+T)/(alpha+u))^(r+x) ((beta+T)/(beta+u))^s du,
// a positive smooth integral that is evaluated as such: the published closed form cancels. Pure; any thread.
#pragma once

#include "mainstay/risk/models.h"

namespace mainstay::risk {

// REQUIRES: all > 0 and finite.
struct ParetoNbd {
  double r = 0.553;
  double alpha = 10.578;
  double s = 0.606;
  double beta = 11.669;
  friend bool operator==(const ParetoNbd&, const ParetoNbd&) = default;
};

[[nodiscard]] double LogLikelihood(const ParetoNbd& model, const Repeats& repeats, double age);
[[nodiscard]] double LnPAlive(const ParetoNbd& model, const Repeats& repeats, double age);
[[nodiscard]] double PSilent(const ParetoNbd& model, const Repeats& repeats, double age, double horizon);
// Expected orders in (age, age + span] of a client active at `age`; times P(active) it is that of the client as seen.
[[nodiscard]] double ExpectedOrdersIfActive(const ParetoNbd& model, const Repeats& repeats, double age, double span);
// Expected repeat orders of a new client.
[[nodiscard]] double ExpectedRepeats(const ParetoNbd& model, double span);
// Discounted expected residual transactions of a client active at `age`, at the continuous rate `discount` > 0.
[[nodiscard]] double DiscountedOrdersIfActive(const ParetoNbd& model, const Repeats& repeats, double age,
                                              double discount);

}  // namespace mainstay::risk
