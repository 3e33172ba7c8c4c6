// Where new business comes from.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "book.h"
#include "mainstay/base/result.h"
#include "mainstay/stream/processor.h"
#include "mainstay/vocabulary/events.h"
#include "state.h"

namespace mainstay::cadence {

// The lists look back 365 days, or to 1 January.
inline constexpr std::chrono::days kFactsKept{400};

// A referral or a deal, by its natural id; its facts may arrive in any order. Of a win and a loss the later one counts.
struct Lead {
  std::optional<LeadSource> source;  // Absent: not known yet.
  std::optional<Instant> at;         // Its first event.
  std::optional<Instant> won_at;
  std::optional<Instant> lost_at;
  std::optional<bool> existing_client;
  std::int64_t minutes = 0;  // The most that any of its events said.
  [[nodiscard]] bool won() const { return won_at && (!lost_at || *won_at >= *lost_at); }
  [[nodiscard]] bool lost() const { return lost_at && !won(); }
};

[[nodiscard]] Result<Lead> DecodeLead(std::string_view bytes);

inline constexpr std::string_view kReferralLead = "referral";
inline constexpr std::string_view kDealLead = "deal";

// Referral and deal events; other events are nothing to it.
[[nodiscard]] Result<void> FoldLeads(stream::Context& context, Book& book, const InEvent& event, ClientRecord& client);
// How many referrals the client has given, won, lost or open.
[[nodiscard]] Result<std::int64_t> CountReferrals(stream::Context& context, const BookId& book, const ClientId& client);
// Drops the entries of `table` below `prefix` that are too old for every list; their keys go on with an instant.
[[nodiscard]] Result<void> DropOld(stream::Context& context, stream::TableId table, const std::string& prefix);
// Puts an entry of the event below its client in `table`, and drops what is too old for every list.
[[nodiscard]] Result<void> KeepForAYear(stream::Context& context, stream::TableId table, const BookId& book,
                                        const InEvent& event, std::string value);

}  // namespace mainstay::cadence
