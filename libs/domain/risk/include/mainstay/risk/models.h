// When does a client order again? BG/NBD, MBG/NBD and MBG/CNBD-k as pure functions.
//
// The story: while active a client orders with gaps of k Gamma stages, its rate lambda ~ Gamma(r, alpha). After each
// repeat order (m = 0) or after every order, the first one too (m = 1), it leaves with a chance p ~ Beta(a, b).
// k = 1, m = 0 is BG/NBD (Fader, Hardie & Lee 2005); k = 1, m = 1 is MBG/NBD (Batislam, Denizel & Filiztekin 2007);
// k > 1 is the Erlang-k form (Reutterer, Platzer & Schroeder 2021).
//
// Everything follows from two numbers: S(t), active and silent up to t, and D, left right after the last order.
// Only logarithms of them are formed, relative to (alpha + t_x)^-(r + k x), so nothing overflows and nothing cancels:
// all results are finite for x = 0, T = t_x, a = 1, any large b and thousands of orders.
//
// Unit of time: the week, unless a parameter set was fitted in another one. Pure; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace mainstay::risk {

// REQUIRES: r, alpha, a, b > 0 and finite; 1 <= k <= 32; m is 0 or 1.
struct OrderModel {
  double r = 0.525;
  double alpha = 6.183;  // Same unit as times.
  double a = 0.891;
  double b = 1.614;
  int k = 1;
  int m = 1;  // 1: may leave after the first order too (MBG); 0: after repeat orders only (BG).
  friend bool operator==(const OrderModel&, const OrderModel&) = default;
};

// The sufficient statistics of one client's orders. Times count from the first order.
struct Repeats {
  std::int64_t x = 0;     // Repeat orders: distinct order days beyond the first.
  double t_x = 0;         // Time of the last order; 0 if x is 0.
  double ln_gap_sum = 0;  // Sum of ln(time between consecutive orders); used only if k > 1.
  friend bool operator==(const Repeats&, const Repeats&) = default;
};

// ln S(t): active and silent from t_x to t. REQUIRES: t >= t_x (an earlier t counts as t_x).
[[nodiscard]] double LnSurvival(const OrderModel& model, const Repeats& repeats, double t);
// ln D: left right after the last order. -infinity for m = 0 and x = 0, where nobody can have left.
[[nodiscard]] double LnLeft(const OrderModel& model, const Repeats& repeats);

// P(active at `age`) and its logarithm, which stays exact where the probability underflows.
[[nodiscard]] double LnPAlive(const OrderModel& model, const Repeats& repeats, double age);
[[nodiscard]] double PAlive(const OrderModel& model, const Repeats& repeats, double age);

// P(no order in (age, age + horizon]). REQUIRES: horizon > 0.
[[nodiscard]] double PSilent(const OrderModel& model, const Repeats& repeats, double age, double horizon);
// ln(P/(1-P)) of the same, exact where P rounds to 1.
[[nodiscard]] double LogitPSilent(const OrderModel& model, const Repeats& repeats, double age, double horizon);

// Log-likelihood of one client's orders seen up to `age`.
[[nodiscard]] double LogLikelihood(const OrderModel& model, const Repeats& repeats, double age);

// The typical gap k (alpha + t_x) / (r + k x), shrunken towards the book's.
[[nodiscard]] double TypicalGap(const OrderModel& model, const Repeats& repeats);

// Expected orders in (age, age + span] of a client that is active at `age`; times PAlive it is the expectation of the
// client as it is seen. Exact near a = 1; the relative error is about b * 1e-16 for large b. Some hundred terms if
// a + b + x is below 20; else about 40 / (1 - z), z = span / (alpha + age + span), at most, fewer the larger x.
// REQUIRES: k = 1, span >= 0.
[[nodiscard]] double ExpectedOrdersIfActive(const OrderModel& model, const Repeats& repeats, double age, double span);
// For several spans, ascending, at little more than the price of the longest.
[[nodiscard]] std::vector<double> ExpectedOrdersIfActive(const OrderModel& model, const Repeats& repeats, double age,
                                                         std::span<const double> spans);
[[nodiscard]] double ExpectedOrders(const OrderModel& model, const Repeats& repeats, double age, double span);
// Expected repeat orders of a new client in the `span` after its first order. REQUIRES: k = 1, span >= 0.
[[nodiscard]] double ExpectedRepeats(const OrderModel& model, double span);
[[nodiscard]] std::vector<double> ExpectedRepeats(const OrderModel& model,
                                                  std::span<const double> spans);  // Ascending.

// P(exactly x repeat orders in the `span` after the first order). REQUIRES: BG/NBD (k = 1, m = 0), x >= 0, span >= 0.
[[nodiscard]] double OrderCountProbability(const OrderModel& model, std::int64_t x, double span);

// The terms of ln(odds that there is no order in (age, age + horizon]) that do not depend on the age, computed once
// for a client, so that walking along the age costs a few logarithms a step.
//
//   loyalty = ln[a / (b + x - 1 + m)]                    many past orders make leaving unlikely
//   silence = -(r + k x) ln(alpha + t_x) - ln S(age)     long silence, held against the own rhythm
//
// loyalty + silence is ln(odds of having left).
class SilenceCurve {
 public:
  SilenceCurve(const OrderModel& model, const Repeats& repeats);
  [[nodiscard]] double loyalty() const { return loyalty_; }
  [[nodiscard]] double Silence(double age) const;
  // ln P(silent for the horizon | active at age) <= 0.
  [[nodiscard]] double LnStaysSilent(double age, double horizon) const;
  [[nodiscard]] double LnPAlive(double age) const;
  [[nodiscard]] double Logit(double age, double horizon) const;

 private:
  [[nodiscard]] double LnStages(double age) const;  // ln of the sum over Erlang stages; 0 if k = 1.

  double alpha_;
  double t_x_;
  double shape_;    // r + k x
  double loyalty_;  // -infinity if D = 0
  int k_;
};

}  // namespace mainstay::risk
