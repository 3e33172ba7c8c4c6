// A book's weekly look at itself: what its outcomes teach, and whether its parameters still fit.
//
// Once a stream week, by the timer kModelTimer: labels of the snapshots that have matured move weights, calibration
// and gate (risk/learning.h); every client whose week it is gets a new snapshot; if at least 5 % more order days came
// in, the order model is fitted again. A new version of the parameters comes of a fit, or of labels four weeks after
// the last version; it is published and every client is scored again. Decided by state and stream time alone, so a
// replay gives the same versions at the same records.
//
// Shard thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "book.h"
#include "mainstay/cadence/plan.h"
#include "mainstay/risk/learning.h"
#include "mainstay/stream/processor.h"
#include "state.h"

namespace mainstay::cadence {

inline constexpr std::chrono::weeks kModelEvery{1};

// What a book has learned so far, in use or not.
struct LearningRecord {
  risk::WeightState weights = risk::StartWeights();
  risk::CalibrationState calibration = risk::StartCalibration({});
  risk::GateState gate;
  std::optional<Instant> learned_at;  // Of the last batch.
  double labels = 0;                  // Weight of those since the last version.
  std::int64_t matured = 0;           // Labels ever, which also numbers them.
  friend bool operator==(const LearningRecord&, const LearningRecord&) = default;
};

// A label that has come, for the answer on how true the scores have been. Says nothing of whose it is.
struct MaturedRecord {
  Instant at{};             // Of the snapshot.
  double published = 0;     // P_churn of the version then in use.
  double orders_only = 0;   // P_silent as fitted.
  double silent_weeks = 0;  // Since the last order: the baseline.
  double weight = 1;
  bool left = false;
};

[[nodiscard]] std::string Encode(const LearningRecord& learning);
[[nodiscard]] Result<LearningRecord> DecodeLearning(std::string_view bytes);
[[nodiscard]] Result<MaturedRecord> DecodeMatured(std::string_view bytes);

// Sets the book's timer if it has none; the caller stores the book. True if it did.
[[nodiscard]] Result<bool> ArmModelTimer(stream::Context& context, Book& book);
// The timer fired.
[[nodiscard]] Result<void> OnModelTimer(stream::Context& context, Book book, const EventRef& cause);
// An import ends: fits at once if there is enough new. The caller stores the book and scores its clients.
[[nodiscard]] Result<void> FitAfterImport(stream::Context& context, Book& book);

// A lost client's snapshots mature at the next look; an erased one's are dropped.
[[nodiscard]] Result<void> LabelAtOnce(stream::Context& context, const BookId& book, const ClientId& client);
[[nodiscard]] Result<void> DropSnapshots(stream::Context& context, const BookId& book, const ClientId& client);

}  // namespace mainstay::cadence
