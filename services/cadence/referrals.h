// Who sent whom: a client that was referred stays longer, as long as the one that sent it stays.
//
// Table kReferrals holds, below the new client, who sent it ("b"), and below the referrer, whom it sent ("g", new
// client). Ids are as they were said; where clients have merged since, today's are looked up. Shard thread only.
#pragma once

#include "client_work.h"
#include "mainstay/vocabulary/events.h"

namespace mainstay::cadence {

// A ReferralWon that names the new client; other events are nothing to it. The earliest one of a client stands.
[[nodiscard]] Result<void> FollowReferral(stream::Context& context, const Book& book, const InEvent& event,
                                          const risk::RiskCause& cause);
// Brings the signal up to what is known of who sent this client.
[[nodiscard]] Result<void> TakeReferral(stream::Context& context, const Book& book, ClientWork& work);
// The client was lost or came back, or another one went up in it: that is news for those it sent.
[[nodiscard]] Result<void> TellReferred(stream::Context& context, const Book& book, const ClientId& referrer,
                                        const risk::RiskCause& cause);
// Before a client is erased: its name goes from the entries of others too.
[[nodiscard]] Result<void> ForgetReferrals(stream::Context& context, const Book& book, const ClientId& id);

}  // namespace mainstay::cadence
