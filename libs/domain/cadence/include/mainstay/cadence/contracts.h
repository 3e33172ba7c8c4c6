// Contracts of a client: until when they run, and the days on which somebody must think of the renewal.
//
// Pure. 180, 90 and 30 days before the end, at 00:00 on the client's wall, a checkpoint is reached. Of those that lie
// before the contract was signed or last renewed none is told: the parties have just spoken. Of several that have
// passed when the contract is heard of (it was told late) only the last one is. A renewal with a new end begins anew.
// Facts may arrive in any order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mainstay/cadence/plan.h"
#include "mainstay/vocabulary/client_events.h"
#include "mainstay/vocabulary/out_events.h"

namespace mainstay::cadence {

inline constexpr std::array<int, 3> kRenewalCheckpoints = {180, 90, 30};  // Days before the end.
inline constexpr std::size_t kKeptRenewals = 64;                          // Of a contract, the newest.

struct Renewal {
  Instant at{};
  EventId event;
  Day end{};
  std::optional<MoneyAmount> value;
  friend bool operator==(const Renewal&, const Renewal&) = default;
};

struct Contract {
  ContractId id;
  std::optional<ContractSigned> signed_as;  // Absent: only renewed or ended so far.
  Instant signed_at{};
  EventId signed_event;
  std::vector<Renewal> renewals;  // By time, then event.
  std::optional<Instant> ended_at;
  std::optional<std::string> end_reason;
  std::optional<Day> told_end;  // The end that `told` counts to.
  int told = 0;                 // The last checkpoint that was told or passed over, in days; 0: none.
  friend bool operator==(const Contract&, const Contract&) = default;

  [[nodiscard]] Day end() const;            // REQUIRES: signed.
  [[nodiscard]] MoneyAmount value() const;  // REQUIRES: signed.
  // When, and by which event, the parties last agreed. REQUIRES: signed.
  [[nodiscard]] Instant agreed_at() const;
  [[nodiscard]] const EventId& agreed_by() const;
};

// False: known already.
bool Renew(Contract& contract, const Renewal& renewal);
bool End(Contract& contract, Instant at, const std::optional<std::string>& reason);

enum class ContractStatus : std::uint8_t {
  kOpen,        // It runs, and somebody has to renew it.
  kAutoRenews,  // It runs, and renews itself unless somebody ends it.
  kExpired,     // Its end has passed without a word.
  kEnded,
};
[[nodiscard]] std::string_view ContractStatusName(ContractStatus status);  // "open", "auto-renews", ...
// REQUIRES: signed.
[[nodiscard]] ContractStatus StatusOf(const Contract& contract, Day today);

struct ContractDecision {
  Contract next;
  std::optional<RenewalCheckpointReached> fact;
  std::optional<Instant> fact_since;  // When that checkpoint was reached.
  std::optional<Instant> next_timer;
};
// What has passed by situation.now; nothing of a contract that is not signed. REQUIRES: !situation.importing.
[[nodiscard]] ContractDecision DecideContract(const Contract& contract, const Situation& situation);

}  // namespace mainstay::cadence
