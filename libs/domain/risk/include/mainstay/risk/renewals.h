// Will a client under contract renew? Shifted beta-geometric (Fader & Hardie 2007; DERL Fader & Hardie 2010) and
// beta-discrete-Weibull (Fader, Hardie et al. 2018).
//
// The story: at each renewal a client leaves with its own chance theta ~ Beta(alpha, beta); in BdW the t-th period
// counts as t^c - (t-1)^c, so for c > 1 the hazard of one client rises. c = 1 is sBG. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mainstay::risk {

// REQUIRES: all > 0 and finite.
struct Renewals {
  double alpha = 0.668;
  double beta = 3.806;
  double c = 1;
  friend bool operator==(const Renewals&, const Renewals&) = default;
};

// P(still a client after `t` renewals). REQUIRES: t >= 0.
[[nodiscard]] double RenewalSurvival(const Renewals& model, std::int64_t t);
// P(renews the t-th time | renewed t - 1 times). REQUIRES: t >= 1.
[[nodiscard]] double RetentionRate(const Renewals& model, std::int64_t t);
// P(does not renew | has renewed `renewals` times), and its log-odds, exact where the probability rounds.
[[nodiscard]] double RenewalHazard(const Renewals& model, std::int64_t renewals);
[[nodiscard]] double LogitRenewalHazard(const Renewals& model, std::int64_t renewals);
// Discounted expected residual lifetime of a client that has made n - 1 renewals and is about to face the n-th, by the
// rate of discount per period. REQUIRES: n >= 1, discount > 0; c = 1.
[[nodiscard]] double DiscountedLifetime(const Renewals& model, std::int64_t n, double discount);

// What a contract client's order part becomes: the hazard of the renewals that fall within the horizon.
struct Contract {
  std::int64_t renewals = 0;  // Already made.
  double next_weeks = 0;      // Until the next one; may be negative if it is being negotiated.
  double term_weeks = 52;     // Between renewals. REQUIRES: > 0.
};
// ln-odds of leaving at one of the renewals due within `horizon_weeks`; -infinity if none is.
[[nodiscard]] double LogitContractLeaves(const Renewals& model, const Contract& contract, double horizon_weeks);

}  // namespace mainstay::risk
