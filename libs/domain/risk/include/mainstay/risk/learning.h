// What the outcomes of a book teach: weights of signals, calibration, and which probability deserves trust.
//
// Every 4 weeks (the client's week by hash, never at alerts) a snapshot of a client's inputs is kept; after its own
// horizon its label matures: 1 if it did not order, at once if it was lost, dropped if it was erased. A matured batch
// moves the weights by Fisher scoring around their priors; older evidence fades by .995 a week.
//
//   P = 1 - (1 - P_sil) u,  u = (1 - q) / (1 - q0),  dP/dv_k = (1 - P_sil) u q s_k
//
// A snapshot keeps what the order model needs of a client, so that a label always teaches by the log-odds of the
// parameters in force (Rebase) and never by those of versions long gone; calibrations are fitted to all labels kept,
// again for each version.
//
// Pure and deterministic: sums run in the order of the batch, which the caller keeps.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/risk/score.h"
#include "mainstay/risk/signals.h"
#include "mainstay/vocabulary/ids.h"

namespace mainstay::risk {

inline constexpr std::chrono::weeks kSnapshotEvery{4};

// True in the week of the 4-week cycle that is this client's: one of four by hash of book and client.
[[nodiscard]] bool IsSnapshotWeek(const BookId& book, const ClientId& client, Instant t);

// What is kept until the label is known.
struct Snapshot {
  Instant at{};
  double horizon_weeks = 13;  // h_i
  double logit_silent = 0;    // Before calibration; of a contract client, of its renewals (-infinity: none is due).
  bool contract = false;      // Its log-odds are not the order model's and not calibrated.
  SignalValues signals{};
  Repeats repeats{};  // At the snapshot, and so is `age`; 0 of a client that never ordered.
  double age = 0;
  friend bool operator==(const Snapshot&, const Snapshot&) = default;
};
// nullopt: a client without an order part has nothing to learn from.
[[nodiscard]] std::optional<Snapshot> SnapshotOf(const ChurnCurve& curve, Instant t);

// The log-odds of another order model.
void Rebase(Snapshot& snapshot, const OrderModel& model);

// What is known of a client when a label is asked for.
struct Outcome {
  std::optional<Instant> first_order_after;  // The first order (or renewal) after the snapshot.
  std::optional<Instant> lost_at;            // ClientLost after the snapshot.
  bool erased = false;
};
enum class Label : std::uint8_t { kPending, kStayed, kLeft, kDropped };
[[nodiscard]] Label LabelOf(const Snapshot& snapshot, const Outcome& outcome, Instant now);

struct Matured {
  Snapshot snapshot;
  bool left = false;
  // Overlapping snapshots share their evidence: 4 weeks / h.
  [[nodiscard]] double Weight() const { return 4 / snapshot.horizon_weeks; }
  friend bool operator==(const Matured&, const Matured&) = default;
};

inline constexpr std::size_t kMostSignals = 16;
static_assert(kSignalKinds <= kMostSignals);

// The weights of the signals with what is known about them.
struct WeightState {
  SignalValues weights = kPriorWeights;
  std::array<SignalValues, kSignalKinds> precision{};  // H; StartWeights() makes it diag(1 / sd^2).
  double labels = 0;                                   // Weight of all labels so far, faded.
  friend bool operator==(const WeightState&, const WeightState&) = default;
};
[[nodiscard]] WeightState StartWeights();
// Standard deviations of the weights, from H.
[[nodiscard]] SignalValues DeviationsOf(const WeightState& state);

struct LearningPolicy {
  double keep_per_week = 0.995;
  int fisher_steps = 3;  // 2 to 4.
  double gate_keep_per_week = 0.97;
  CalibrationPolicy calibration{};
};

// One Fisher update with a matured batch, `weeks` after the previous one. v0 and calibration: of the version in use.
// Rows whose probability is clamped to [1e-6, 1 - 1e-6] move nothing.
[[nodiscard]] WeightState Learn(const WeightState& state, std::span<const Matured> batch,
                                const ChurnParameters& parameters, double weeks, const LearningPolicy& policy);

// The calibration that the labels of `rows` teach at `now`, with weights and v0 of `parameters`; older labels weigh
// less. REQUIRES: the rows carry the log-odds of parameters.model.
[[nodiscard]] Calibration Calibrate(std::span<const Matured> rows, const ChurnParameters& parameters, Instant now,
                                    const LearningPolicy& policy);

// Which of four probabilities is published: without signals; with them; with c0 and c1; with steps. Their weights are
// exp(decayed matured log-likelihood); the largest wins, ties go to kRaw. The caller switches only with a new model
// version and never mixes.
enum class GateChoice : std::uint8_t { kOrdersOnly, kRaw, kCalibrated, kIsotonic };
inline constexpr std::size_t kGateChoices = 4;
[[nodiscard]] std::string_view GateChoiceName(GateChoice choice);
struct GateState {
  std::array<double, kGateChoices> log_likelihood{};  // By GateChoice.
  friend bool operator==(const GateState&, const GateState&) = default;
};
// Adds a batch that none of the four has learned from yet: call it before Learn() and Calibrate().
// `parameters` carries the learned weights; `calibration` is what the last version could have published, used or not.
[[nodiscard]] GateState Observe(const GateState& gate, std::span<const Matured> batch,
                                const ChurnParameters& parameters, const Calibration& calibration, double weeks,
                                const LearningPolicy& policy);
[[nodiscard]] GateChoice Choose(const GateState& gate);
// `learned` as far as the choice publishes it.
[[nodiscard]] Calibration CalibrationOf(GateChoice choice, const Calibration& learned);

// P_churn of a snapshot under `parameters` (with their calibration, v0 and weights) and the log-odds it carries.
[[nodiscard]] double Probability(const Snapshot& snapshot, const ChurnParameters& parameters);

}  // namespace mainstay::risk
