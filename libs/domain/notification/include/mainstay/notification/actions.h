// What a rep may do with an inbox item, and how a repeated or illegal action is answered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"
#include "mainstay/vocabulary/ids.h"

namespace mainstay::notification {

inline constexpr Duration kMaxSnooze = std::chrono::days{14};
inline constexpr std::size_t kKeptActions = 16;

enum class ActionKind : std::uint8_t { kAccept = 0, kSnooze = 1, kDismiss = 2, kDone = 3 };
enum class Outcome : std::uint8_t { kSold = 0, kDeclined = 1, kNoAnswer = 2, kAlreadyHandled = 3 };
[[nodiscard]] std::string_view ActionKindName(ActionKind kind);  // "accept", "snooze", "dismiss", "done"
[[nodiscard]] std::string_view OutcomeName(Outcome outcome);     // "sold", "declined", "no_answer", "already_handled"

struct Action {
  std::string idempotency_key;  // The same key with the same action has one effect.
  ActionKind kind = ActionKind::kAccept;
  RepId rep;
  std::optional<Instant> until;    // Of snooze.
  std::optional<Outcome> outcome;  // Of done.
  std::string reason;              // Of dismiss; may be empty.
};

// Checks what can be checked without the item. `until` is RFC 3339 and needed by snooze alone; `outcome` by done alone.
// Errors: kInvalidArgument with field action, rep, until, outcome, reason or idempotency_key.
struct ActionSpec {
  std::string action;
  std::string rep;
  std::string until;
  std::string outcome;
  std::string reason;
  std::string idempotency_key;
};
[[nodiscard]] Result<Action> ParseAction(const ActionSpec& spec);

enum class RefusalReason : std::uint8_t {
  kClosed = 0,          // The item is over.
  kClaimedByOther = 1,  // Another rep has accepted it.
  kAlreadyAccepted = 2,
  kSnoozePast = 3,        // `until` is not in the future.
  kSnoozeTooLong = 4,     // More than 14 days.
  kSnoozePastExpiry = 5,  // The item would be gone before it comes back.
  kCritical = 6,          // Critical alerts can be neither snoozed nor dismissed.
  kKeyReused = 7,         // The idempotency key was used for another action.
};
struct Refusal {
  RefusalReason reason;
  std::string message;  // For a person.
  friend bool operator==(const Refusal&, const Refusal&) = default;
};

// Kept with the item, so that whoever waits for an action finds its outcome by the key.
struct AppliedAction {
  std::string key;
  std::string fingerprint;  // Hash of all else in the action.
  RepId rep;
  ActionKind kind = ActionKind::kAccept;
  Instant at;
  std::optional<Refusal> refused;
};
[[nodiscard]] std::string Fingerprint(const Action& action);
[[nodiscard]] const AppliedAction* FindAction(const std::vector<AppliedAction>& actions, std::string_view key);
// What `action` is told whose key was used before. nullopt: it is new.
struct Replay {
  std::optional<Refusal> refused;  // As the first time; kKeyReused for another action under the same key.
  bool already_done = false;       // The same action.
};
[[nodiscard]] std::optional<Replay> FindReplay(const std::vector<AppliedAction>& actions, const Action& action);
// Appends, and drops the oldest beyond kKeptActions.
void Remember(std::vector<AppliedAction>& actions, const Action& action, Instant now, std::optional<Refusal> refused);
// The refusal of a snooze of an item that expires at `expires_at` (absent: never); nullopt: fine.
[[nodiscard]] std::optional<Refusal> RefuseSnooze(Instant until, Instant now, std::optional<Instant> expires_at);

}  // namespace mainstay::notification
