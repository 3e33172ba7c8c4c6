#include "referrals.h"

#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "mainstay/state/v1/cadence.pb.h"
#include "state_codec.h"
#include "whole_client.h"

namespace mainstay::cadence {
namespace {

namespace s = state::v1;

std::string SentByKey(const BookId& book, const ClientId& client) { return ClientPrefix(book, client) + "b"; }
std::string SentPrefix(const BookId& book, const ClientId& referrer) {
  return ClientPrefix(book, referrer) + "g" + '\0';
}

Result<std::optional<s::CadenceReferral>> SentBy(stream::Context& context, const BookId& book, const ClientId& client) {
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(kReferrals, SentByKey(book, client)));
  if (!bytes) return std::optional<s::CadenceReferral>{};
  s::CadenceReferral referral;
  MAINSTAY_TRY(Parse(*bytes, "referral", referral));
  return std::optional(std::move(referral));
}

Result<std::vector<ClientId>> SentOnes(stream::Context& context, const BookId& book, const ClientId& referrer) {
  const std::string prefix = SentPrefix(book, referrer);
  std::vector<ClientId> clients;
  MAINSTAY_TRY(context.Scan(kReferrals, prefix, {}, [&](std::string_view key, std::string_view) {
    clients.emplace_back(std::string(key.substr(prefix.size())));
    return true;
  }));
  return clients;
}

Result<void> Reconsider(stream::Context& context, const Book& book, const ClientId& client,
                        const risk::RiskCause& cause) {
  MAINSTAY_TRY_ASSIGN(work, ClientWork::Load(context, book, client));
  if (!work.known()) return {};
  MAINSTAY_TRY(TakeReferral(context, book, work));
  return work.Finish(cause);
}

}  // namespace

Result<void> FollowReferral(stream::Context& context, const Book& book, const InEvent& event,
                            const risk::RiskCause& cause) {
  const auto* won = std::get_if<ReferralWon>(&event.data);
  if (won == nullptr || !won->new_client) return {};
  const ClientId& referrer = *event.client;
  MAINSTAY_TRY_ASSIGN(client, kMergers.Today(context, book.id, *won->new_client));
  if (client == referrer) return {};  // Two that sent each other may have become one.
  MAINSTAY_TRY_ASSIGN(known, SentBy(context, book.id, client));
  if (known && std::tuple(FromMs(known->at_ms()), EventId{known->event_id()}) <= std::tie(event.time, event.id)) {
    return {};
  }
  if (known) {
    MAINSTAY_TRY_ASSIGN(other, kMergers.Today(context, book.id, ClientId{known->referrer()}));
    context.Erase(kReferrals, SentPrefix(book.id, other) + client.raw());
  }
  s::CadenceReferral referral;
  referral.set_event_id(event.id.raw());
  referral.set_at_ms(ToMs(event.time));
  referral.set_referrer(referrer.raw());
  context.Put(kReferrals, SentByKey(book.id, client), referral.SerializeAsString());
  context.Put(kReferrals, SentPrefix(book.id, referrer) + client.raw(), "1");
  return Reconsider(context, book, client, cause);
}

Result<void> TakeReferral(stream::Context& context, const Book& book, ClientWork& work) {
  MAINSTAY_TRY_ASSIGN(sent_by, SentBy(context, book.id, work.id()));
  if (!sent_by) return {};
  risk::Referral referral{EventId{sent_by->event_id()}, std::nullopt, {}};
  MAINSTAY_TRY_ASSIGN(referrer_id, kMergers.Today(context, book.id, ClientId{sent_by->referrer()}));
  MAINSTAY_TRY_ASSIGN(referrer, ClientWork::Load(context, book, referrer_id));
  if (referrer.record().plan.lost) {
    referral.referrer_lost = referrer.record().status_set.event;
    referral.lost_at = referrer.record().status_set.at;
  }
  work.record().signals.referral = std::move(referral);
  return {};
}

Result<void> TellReferred(stream::Context& context, const Book& book, const ClientId& referrer,
                          const risk::RiskCause& cause) {
  MAINSTAY_TRY_ASSIGN(clients, SentOnes(context, book.id, referrer));
  for (const ClientId& said : clients) {
    MAINSTAY_TRY_ASSIGN(client, kMergers.Today(context, book.id, said));
    if (client != referrer) MAINSTAY_TRY(Reconsider(context, book, client, cause));
  }
  return {};
}

Result<void> ForgetReferrals(stream::Context& context, const Book& book, const ClientId& id) {
  MAINSTAY_TRY_ASSIGN(clients, SentOnes(context, book.id, id));
  for (const ClientId& said : clients) {
    MAINSTAY_TRY_ASSIGN(client, kMergers.Today(context, book.id, said));
    context.Erase(kReferrals, SentByKey(book.id, client));
  }
  MAINSTAY_TRY_ASSIGN(sent_by, SentBy(context, book.id, id));
  if (!sent_by) return {};
  MAINSTAY_TRY_ASSIGN(referrer, kMergers.Today(context, book.id, ClientId{sent_by->referrer()}));
  MAINSTAY_TRY_ASSIGN(siblings, SentOnes(context, book.id, referrer));
  for (const ClientId& said : siblings) {  // One of them may be this client under an older name.
    MAINSTAY_TRY_ASSIGN(client, kMergers.Today(context, book.id, said));
    if (client == id) context.Erase(kReferrals, SentPrefix(book.id, referrer) + said.raw());
  }
  return {};
}

}  // namespace mainstay::cadence
