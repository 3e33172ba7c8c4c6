// The churn score of one client at one instant: a probability held against the client's own rhythm, with reasons.
//
//   h       = clamp(2 k (alpha + t_x) / (r + k x), 13, 104) weeks     the client's own horizon: twice its usual gap
//   P_sil   = sigmoid(calibrated logit P(no order in the next h))     what its orders say (calibration.h)
//   q       = sigmoid(v0 + sum of v_k s_k),  q0 = sigmoid(v0)         leaving although orders look normal
//   P_churn = clamp(1 - (1 - P_sil)(1 - q) / (1 - q0), 0, 1)          without a signal: P_sil
//   P_fresh = the same right after the last order (T = t_x) with q = q0
//   E       = max(0, (P_churn - P_fresh) / (1 - P_fresh))             the excess; levels act on it alone
//
// T = t_x + max(0, t - end of the last order day in the book's zone). A client without orders has no P_sil: its
// probabilities are absent and E = 0; its level comes from rules only.
//
// A contract client's P_sil is the chance that it does not make the renewals due within h (h = its own horizon if it
// has orders, else a term), without calibration; right after a renewal the next one is a term away. If no renewal is
// due within h, P_sil = 0 and there are no reasons of its orders.
//
// Pure: the same facts, parameters and instant give the same bits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/money.h"
#include "mainstay/risk/calibration.h"
#include "mainstay/risk/level.h"
#include "mainstay/risk/models.h"
#include "mainstay/risk/order_days.h"
#include "mainstay/risk/renewals.h"
#include "mainstay/risk/signals.h"
#include "mainstay/vocabulary/ids.h"

namespace mainstay::risk {

// Everything a score is computed with besides the client's facts. The defaults are `default-1`.
struct ChurnParameters {
  std::string version = "default-1";
  OrderModel model;         // REQUIRES: m = 1.
  Calibration calibration;  // Of logit P_silent.
  double v0 = -3;           // Log-odds of leaving while orders look normal and nothing else is known.
  SignalValues weights = kPriorWeights;
  double min_horizon_weeks = 13;
  double max_horizon_weeks = 104;
  Renewals renewals;  // Of contract clients.
  // Log-odds of not renewing, against a contract by the month: terms of a year (50 weeks or more), of two (100).
  double term_year = -0.7;
  double term_two_years = -1.7;
};

struct OrderFacts {
  OrderStatistics statistics;
  Instant last_day_ends_at{};  // The end of statistics.last in the book's zone.
  EventId last_order;          // The event of the last order; the order reasons cite it.
};

struct ContractFacts {
  EventId event;  // The contract, or its last renewal.
  std::int64_t renewals = 0;
  Instant next_renewal{};
  double term_weeks = 52;  // REQUIRES: > 0.
};

struct ClientFacts {
  std::optional<OrderFacts> orders;         // nullopt: no order day with a positive net.
  SignalFacts signals;                      // Normalised.
  std::optional<ContractFacts> contract{};  // Present: the order part is the hazard of renewals.
};

enum class ReasonPart : std::uint8_t { kOrders, kSignals };
[[nodiscard]] std::string_view ReasonPartName(ReasonPart part);

// One term of a part's log-odds. 10 points double the odds: points = 10 log2(e^term).
//
// The terms of kOrders ("loyalty", "silence", "rhythm") add up to logit P_sil; those of kSignals to logit q - v0. A
// contract client's order part has the terms "renewal" and "term" instead.
struct Reason {
  ReasonPart part{};
  std::string kind;
  double points = 0;
  std::string text;  // English, e.g. "silent 9.4 weeks, usual 3.1".
  std::vector<EventId> event_ids;
};

struct Score {
  std::optional<double> probability;  // P_churn
  std::optional<double> fresh;        // P_fresh
  std::optional<double> p_silent;     // Before calibration.
  std::optional<double> p_sil;        // After it.
  std::optional<double> horizon_weeks;
  std::optional<double> age_weeks;  // T
  double q = 0;
  double q0 = 0;
  double excess = 0;
  SignalValues signals{};
  double weighted = 0;  // sum of v_k s_k
  // Each part's share of -ln(1 - P_churn); they add up to 1 unless P_churn is 0 (then both are 0). The share of
  // signals is negative while they speak for staying.
  double orders_share = 0;
  double signals_share = 0;
  std::vector<Reason> reasons;  // By points descending, ties by kind. Signals that are 0 are left out.
};

// The score as a function of time between two events: what does not change with time is computed once.
// Keeps references to facts and parameters: REQUIRES that both outlive the curve.
class ChurnCurve {
 public:
  ChurnCurve(const ClientFacts& facts, const ChurnParameters& parameters);
  ChurnCurve(ClientFacts&&, const ChurnParameters&) = delete;
  ChurnCurve(const ClientFacts&, ChurnParameters&&) = delete;

  [[nodiscard]] double Excess(Instant t) const;
  // The excess together with the weighted signals: what Evaluate() takes.
  [[nodiscard]] Standing StandingAt(Instant t) const;
  [[nodiscard]] Score At(Instant t) const;

  // True if the order part only rises and each signal moves one way within [from, to], so that two looks bound it.
  [[nodiscard]] bool IsBounded(Instant from, Instant to) const {
    return OrderPartOnlyRises() && EachMovesOneWay(facts_.signals, from, to);
  }
  // What is dear to compute of one instant, for all bounds that begin or end there.
  struct Look {
    Instant at{};
    SignalValues weighted{};              // v_k s_k
    std::optional<double> orders_lost{};  // -ln(1 - P_sil); filled in by the first bound that needs it.
  };
  [[nodiscard]] Look LookAt(Instant t) const;
  // As StandingAt() its instant.
  [[nodiscard]] Standing StandingOf(Look& look) const { return Most(look, look); }
  // Standings, of excess and of signals, that no instant between the two is below or above; they need not be reached.
  // REQUIRES: IsBounded.
  [[nodiscard]] Standing Least(Look& from, const Look& to) const;
  [[nodiscard]] Standing Most(const Look& from, Look& to) const;

  [[nodiscard]] const ClientFacts& facts() const { return facts_; }
  // True if the excess can only rise, and no rule can end, until an event changes the facts.
  [[nodiscard]] bool NeverFalls() const { return never_falls_; }

 private:
  struct Orders {
    SilenceCurve curve;
    double t_x = 0;
    double horizon = 0;
    double ln_kept_fresh = 0;  // ln(1 - P_fresh)
  };
  struct Contracted {
    double horizon = 0;
    double term = 0;           // Log-odds of the length of the term.
    double ln_kept_fresh = 0;  // ln(1 - P_fresh)
  };
  [[nodiscard]] double Age(Instant t) const;
  [[nodiscard]] double CalibratedLogit(double age) const;
  [[nodiscard]] double ContractLogit(double next_weeks) const;
  [[nodiscard]] double WeeksToRenewal(Instant t) const;
  [[nodiscard]] bool HasOrderPart() const { return orders_.has_value() || contracted_.has_value(); }
  // logit P_sil.
  [[nodiscard]] double OrderLogit(Instant t) const;
  [[nodiscard]] double LnKeptFresh() const;
  // Bursts (k > 1) and renewals may end a silence that was growing more likely.
  [[nodiscard]] bool OrderPartOnlyRises() const { return !contracted_ && parameters_.model.k == 1; }
  [[nodiscard]] SignalValues SignalsAt(Instant t) const;
  // -ln(1 - P_sil); 0 without an order part.
  [[nodiscard]] double OrdersLost(Instant t) const;
  [[nodiscard]] double OrdersLost(Look& look) const;
  [[nodiscard]] double ExcessOf(double weighted, double orders_lost) const;
  // ln[(1 - q) / (1 - q0)] for the given sum of weighted signals.
  [[nodiscard]] double LnSignalsKept(double weighted) const;
  void AddOrderReasons(Score& score, Instant t) const;
  void AddContractReasons(Score& score, Instant t) const;
  void AddSignalReasons(Score& score, Instant t) const;

  const ClientFacts& facts_;
  const ChurnParameters& parameters_;
  double ln_stay0_;  // -ln(1 - q0)
  std::optional<Orders> orders_;
  std::optional<Contracted> contracted_;
  bool never_falls_ = false;
};

// The score at `now`; the same as ChurnCurve{facts, parameters}.At(now).
[[nodiscard]] Score ScoreClient(const ClientFacts& facts, const ChurnParameters& parameters, Instant now);

}  // namespace mainstay::risk
