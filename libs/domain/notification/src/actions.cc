#include "mainstay/notification/actions.h"

#include <algorithm>
#include <array>
#include <utility>

#include "mainstay/base/check.h"
#include "mainstay/base/hash.h"

namespace mainstay::notification {
namespace {

constexpr std::array kKinds = {ActionKind::kAccept, ActionKind::kSnooze, ActionKind::kDismiss, ActionKind::kDone};
constexpr std::array kOutcomes = {Outcome::kSold, Outcome::kDeclined, Outcome::kNoAnswer, Outcome::kAlreadyHandled};
constexpr std::size_t kMaxIdBytes = 256;
constexpr std::size_t kMaxReasonBytes = 1'000;

Result<void> RefuseStray(const char* field, bool present, bool wanted, const char* owner) {
  if (present && !wanted) return InvalidField(field, std::string("belongs to ") + owner + " only");
  if (!present && wanted) return InvalidField(field, std::string("is needed by ") + owner);
  return {};
}

}  // namespace

std::string_view ActionKindName(ActionKind kind) {
  switch (kind) {
    case ActionKind::kSnooze: return "snooze";
    case ActionKind::kDismiss: return "dismiss";
    case ActionKind::kDone: return "done";
    case ActionKind::kAccept: break;
  }
  return "accept";
}

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kDeclined: return "declined";
    case Outcome::kNoAnswer: return "no_answer";
    case Outcome::kAlreadyHandled: return "already_handled";
    case Outcome::kSold: break;
  }
  return "sold";
}

Result<Action> ParseAction(const ActionSpec& spec) {
  Action action;
  const auto* kind =
      std::find_if(kKinds.begin(), kKinds.end(), [&](auto k) { return ActionKindName(k) == spec.action; });
  if (kind == kKinds.end()) return InvalidField("action", "is none of accept, snooze, dismiss, done");
  action.kind = *kind;
  if (spec.rep.empty() || spec.rep.size() > kMaxIdBytes) return InvalidField("rep", "must name the rep who acts");
  action.rep = RepId{spec.rep};
  if (spec.idempotency_key.empty() || spec.idempotency_key.size() > kMaxIdBytes) {
    return InvalidField("idempotency_key", "must have 1 to 256 bytes");
  }
  action.idempotency_key = spec.idempotency_key;
  if (spec.reason.size() > kMaxReasonBytes) return InvalidField("reason", "is longer than 1,000 bytes");
  if (!spec.reason.empty() && action.kind != ActionKind::kDismiss) {
    return InvalidField("reason", "belongs to dismiss only");
  }
  action.reason = spec.reason;
  MAINSTAY_TRY(RefuseStray("until", !spec.until.empty(), action.kind == ActionKind::kSnooze, "snooze"));
  if (!spec.until.empty()) {
    const Result<Instant> until = ParseInstant(spec.until);
    if (!until) return InvalidField("until", until.error().message);
    action.until = *until;
  }
  MAINSTAY_TRY(RefuseStray("outcome", !spec.outcome.empty(), action.kind == ActionKind::kDone, "done"));
  if (!spec.outcome.empty()) {
    const auto* outcome =
        std::find_if(kOutcomes.begin(), kOutcomes.end(), [&](auto o) { return OutcomeName(o) == spec.outcome; });
    if (outcome == kOutcomes.end()) {
      return InvalidField("outcome", "is none of sold, declined, no_answer, already_handled");
    }
    action.outcome = *outcome;
  }
  return action;
}

std::string Fingerprint(const Action& action) {
  return HashParts({ActionKindName(action.kind), action.rep.raw(), action.until ? FormatInstant(*action.until) : "",
                    action.outcome ? OutcomeName(*action.outcome) : "", action.reason})
      .Hex();
}

const AppliedAction* FindAction(const std::vector<AppliedAction>& actions, std::string_view key) {
  const auto found = std::find_if(actions.begin(), actions.end(), [&](const auto& a) { return a.key == key; });
  return found == actions.end() ? nullptr : &*found;
}

std::optional<Replay> FindReplay(const std::vector<AppliedAction>& actions, const Action& action) {
  MAINSTAY_CHECK(!action.idempotency_key.empty(), "an action without a key");
  const AppliedAction* before = FindAction(actions, action.idempotency_key);
  if (before == nullptr) return std::nullopt;
  if (before->fingerprint == Fingerprint(action)) return Replay{before->refused, true};
  return Replay{Refusal{RefusalReason::kKeyReused, "this idempotency key was used for another action"}, false};
}

void Remember(std::vector<AppliedAction>& actions, const Action& action, Instant now, std::optional<Refusal> refused) {
  if (actions.size() >= kKeptActions) actions.erase(actions.begin());
  actions.push_back({action.idempotency_key, Fingerprint(action), action.rep, action.kind, now, std::move(refused)});
}

std::optional<Refusal> RefuseSnooze(Instant until, Instant now, std::optional<Instant> expires_at) {
  if (until <= now) return Refusal{RefusalReason::kSnoozePast, "the snooze must end in the future"};
  if (until - now > kMaxSnooze) return Refusal{RefusalReason::kSnoozeTooLong, "a snooze lasts at most 14 days"};
  if (expires_at && until >= *expires_at) {
    return Refusal{RefusalReason::kSnoozePastExpiry,
                   "the item expires on " + FormatInstant(*expires_at) + ", before the snooze would end"};
  }
  return std::nullopt;
}

}  // namespace mainstay::notification
