// What was agreed with one client: goals and their reviews, promises, contracts. One value per client, read only where
// a client has any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mainstay/base/result.h"
#include "mainstay/cadence/contracts.h"
#include "mainstay/cadence/goals.h"
#include "mainstay/cadence/reviews.h"
#include "mainstay/risk/signals.h"
#include "mainstay/stream/processor.h"
#include "state.h"

namespace mainstay::cadence {

inline constexpr std::size_t kMostGoals = 200;     // Of a client; more are refused. Also of contracts.
inline constexpr std::size_t kKeptReviews = 40;    // The newest: ten years of quarters.
inline constexpr std::size_t kKeptPromises = 400;  // The newest by the time they were made or ended.

struct HeldReview {
  ReviewHeld held;
  Instant at{};
  EventId event;
  [[nodiscard]] bool with_management() const;
};

enum class PromiseEnd : std::uint8_t { kOpen, kKept, kExceeded, kBroken };

struct Promise {
  PromiseId id;
  std::optional<Instant> made_at;  // Absent: only its end is known.
  EventId made_event;
  std::string what;
  Day due{};
  PromiseEnd end = PromiseEnd::kOpen;  // The first word about its end stands.
  Instant ended_at{};
  EventId ended_event;
};

struct Agreements {
  std::vector<Goal> goals;  // By id, as all below but reviews.
  std::optional<OpenReview> open_review;
  std::vector<HeldReview> reviews;  // By time, then event.
  std::vector<Promise> promises;
  std::vector<Contract> contracts;
};

[[nodiscard]] std::string Encode(const Agreements& agreements);
[[nodiscard]] Result<Agreements> DecodeAgreements(std::string_view bytes);

// Absent is empty.
[[nodiscard]] Result<Agreements> LoadAgreements(stream::Context& context, const BookId& book, const ClientId& client);
// Writes only what changed.
[[nodiscard]] Result<void> StoreAgreements(stream::Context& context, const BookId& book, const ClientId& client,
                                           const Agreements& agreements);

// The contracts that somebody signed and nobody ended, by end; the 16 that end last.
[[nodiscard]] std::vector<RunningContract> RunningContracts(const std::vector<Contract>& contracts);

// What was agreed with `from` is agreed with `into`, whose own word stands under an id that both have.
void MergeAgreements(Agreements from, Agreements& into);

struct AgreementFact {
  EventId id;
  OutEventData data;
};

struct AgreementDecision {
  Agreements next;
  std::vector<AgreementFact> facts;  // In order.
  std::optional<Instant> next_timer;
};

// Reviews and renewals that have come by situation.now. What began before `quiet_before` is not told. `missed` gets
// the reviews that are overdue and the goals behind plan. Without a cadence (kNone) nothing falls due.
[[nodiscard]] AgreementDecision Decide(Agreements agreements, const Situation& situation, Tier tier,
                                       Instant quiet_before, std::vector<risk::MissedReview>& missed);

}  // namespace mainstay::cadence
