#include "fold_leads.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "mainstay/base/hash.h"
#include "mainstay/stream/key_builder.h"
#include "state_codec.h"

namespace mainstay::cadence {
namespace {

namespace s = state::v1;

std::string EncodeLead(const Lead& lead) {
  s::CadenceLead proto;
  if (lead.source) proto.set_source(static_cast<std::uint32_t>(*lead.source) + 1);
  if (lead.at) proto.set_at_ms(ToMs(*lead.at));
  if (lead.won_at) proto.set_won_ms(ToMs(*lead.won_at));
  if (lead.lost_at) proto.set_lost_ms(ToMs(*lead.lost_at));
  if (lead.existing_client) proto.set_existing_client(*lead.existing_client);
  proto.set_minutes(lead.minutes);
  return proto.SerializeAsString();
}

void Latest(std::optional<Instant>& at, Instant said) { at = std::max(at.value_or(said), said); }

enum class Step { kOpened, kWon, kLost };

void Take(Step step, Instant at, Lead& lead) {
  lead.at = std::min(lead.at.value_or(at), at);
  if (step == Step::kWon) Latest(lead.won_at, at);
  if (step == Step::kLost) Latest(lead.lost_at, at);
}

void TakeDeal(const Deal& deal, Lead& lead) {
  if (deal.lead_source) lead.source = deal.lead_source;
  if (deal.existing_client) lead.existing_client = deal.existing_client;
  lead.minutes = std::max<std::int64_t>(lead.minutes, deal.minutes.value_or(0));
}

Result<Lead> LoadLead(stream::Context& context, const std::string& key) {
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(kLeads, key));
  return bytes ? DecodeLead(*bytes) : Lead{};
}

Result<void> Refer(stream::Context& context, Book& book, const InEvent& event, const ReferralId& id, Step step,
                   ClientRecord& client) {
  const std::string key = stream::JoinKey({book.id.raw(), event.client->raw(), kReferralLead, id.raw()});
  MAINSTAY_TRY_ASSIGN(lead, LoadLead(context, key));
  const Lead before = lead;
  lead.source = LeadSource::kReferral;
  Take(step, event.time, lead);
  context.Put(kLeads, key, EncodeLead(lead));
  book.record.referrals_won += int{lead.won()} - int{before.won()};
  book.record.referrals_lost += int{lead.lost()} - int{before.lost()};
  MAINSTAY_TRY_ASSIGN(referrals, CountReferrals(context, book.id, *event.client));
  client.referrals = referrals;
  return {};
}

Result<void> FollowDeal(stream::Context& context, const BookId& book, const InEvent& event, const Deal& deal,
                        Step step) {
  const std::string key = stream::JoinKey({book.raw(), event.client->raw(), kDealLead, deal.id.raw()});
  MAINSTAY_TRY_ASSIGN(lead, LoadLead(context, key));
  TakeDeal(deal, lead);
  Take(step, event.time, lead);
  context.Put(kLeads, key, EncodeLead(lead));
  return {};
}

}  // namespace

Result<Lead> DecodeLead(std::string_view bytes) {
  s::CadenceLead proto;
  MAINSTAY_TRY(Parse(bytes, "lead", proto));
  Lead lead;
  if (proto.source() != 0) lead.source = static_cast<LeadSource>(proto.source() - 1);
  if (proto.has_at_ms()) lead.at = FromMs(proto.at_ms());
  if (proto.has_won_ms()) lead.won_at = FromMs(proto.won_ms());
  if (proto.has_lost_ms()) lead.lost_at = FromMs(proto.lost_ms());
  if (proto.has_existing_client()) lead.existing_client = proto.existing_client();
  lead.minutes = proto.minutes();
  return lead;
}

Result<std::int64_t> CountReferrals(stream::Context& context, const BookId& book, const ClientId& client) {
  std::int64_t count = 0;
  MAINSTAY_TRY(context.Scan(kLeads, stream::JoinKey({book.raw(), client.raw(), kReferralLead}) + '\0', {},
                            [&](std::string_view, std::string_view) { return ++count > 0; }));
  return count;
}

Result<void> FoldLeads(stream::Context& context, Book& book, const InEvent& event, ClientRecord& client) {
  const InEventData& data = event.data;
  if (const auto* given = std::get_if<ReferralGiven>(&data)) {
    return Refer(context, book, event, given->referral, Step::kOpened, client);
  }
  if (const auto* won = std::get_if<ReferralWon>(&data))
    return Refer(context, book, event, won->referral, Step::kWon, client);
  if (const auto* lost = std::get_if<ReferralLost>(&data)) {
    return Refer(context, book, event, lost->referral, Step::kLost, client);
  }
  if (const auto* opened = std::get_if<DealOpened>(&data)) {
    return FollowDeal(context, book.id, event, opened->deal, Step::kOpened);
  }
  if (const auto* won = std::get_if<DealWon>(&data)) return FollowDeal(context, book.id, event, won->deal, Step::kWon);
  if (const auto* lost = std::get_if<DealLost>(&data))
    return FollowDeal(context, book.id, event, lost->deal, Step::kLost);
  return {};
}

Result<void> DropOld(stream::Context& context, stream::TableId table, const std::string& prefix) {
  std::vector<std::string> old;
  MAINSTAY_TRY(context.Scan(table, prefix, {}, [&](std::string_view key, std::string_view) {
    const Instant at = FromMs(stream::ReadOrderedInt64(key.substr(prefix.size())));
    if (context.Now() - at <= kFactsKept) return false;
    old.emplace_back(key);
    return true;
  }));
  for (const std::string& key : old) context.Erase(table, key);
  return {};
}

Result<void> KeepForAYear(stream::Context& context, stream::TableId table, const BookId& book, const InEvent& event,
                          std::string value) {
  const std::string prefix = ClientPrefix(book, *event.client);
  MAINSTAY_TRY(DropOld(context, table, prefix));
  if (context.Now() - event.time > kFactsKept) return {};
  context.Put(table, prefix + EventKey(event.time, event.source, event.id), std::move(value));
  return {};
}

}  // namespace mainstay::cadence
