// What a book's outcomes teach it, and the versions of its parameters that come of it.
//
// A look (look.h) brings the labels that have matured and the orders of all clients. The labels move weights and gate;
// if at least 5 % more order days came in, the order model is fitted again. A new version of the parameters comes of a
// fit, or of labels four weeks after the last version; the calibration is fitted with it, to all labels that are kept,
// by the log-odds of the version's own order model. It is published. Decided by state and stream time alone, so a
// replay gives the same versions at the same records.
//
// Shard thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "book.h"
#include "mainstay/risk/fit.h"
#include "mainstay/risk/learning.h"
#include "mainstay/stream/processor.h"
#include "state.h"

namespace mainstay::cadence {

// What a book has learned so far, in use or not.
struct LearningRecord {
  risk::WeightState weights = risk::StartWeights();
  risk::Calibration calibration;  // Fitted with the last version.
  risk::GateState gate;
  std::optional<Instant> learned_at;  // Of the last batch.
  double labels = 0;                  // Weight of those since the last version.
  std::int64_t matured = 0;           // Labels ever, which also numbers them.
  friend bool operator==(const LearningRecord&, const LearningRecord&) = default;
};

[[nodiscard]] std::string Encode(const LearningRecord& learning);
[[nodiscard]] Result<LearningRecord> DecodeLearning(std::string_view bytes);
[[nodiscard]] Result<LearningRecord> LoadLearning(stream::Context& context, const BookId& book);

// The orders of a book's clients at one instant.
struct OrderSurvey {
  std::vector<risk::Observed> clients;      // Those with an order day.
  std::vector<risk::ValueObserved> values;  // Of those with a repeat one.
  Day first = Day::max();
  Day last = Day::min();
};

// Learns from the labels numbered from `first_label` on, decides on a version and stores what was learned. True if the
// book has a new version; the caller stores the book and scores its clients. `learning` is as stored, with `matured`
// already counting the new labels.
[[nodiscard]] Result<bool> Reconsider(stream::Context& context, Book& book, const OrderSurvey& survey,
                                      LearningRecord learning, std::int64_t first_label);

}  // namespace mainstay::cadence
