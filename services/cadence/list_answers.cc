#include "list_answers.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

#include "agreement_answers.h"
#include "fold_attention.h"
#include "fold_leads.h"
#include "mainstay/cadence/call_list.h"
#include "mainstay/cadence/capacity.h"
#include "mainstay/cadence/gaps.h"
#include "mainstay/cadence/proof.h"
#include "mainstay/stream/key_builder.h"

namespace mainstay::cadence {
namespace {

namespace q = query::v1;

constexpr std::array<const char*, 4> kSources = {"referral", "campaign", "cold", "other"};  // As LeadSource.

Result<Attention> AttentionOf(const BookReading& reading, const ClientId& client) {
  MAINSTAY_TRY_ASSIGN(bytes, reading.view.snapshot->Get(kAttention, ClientKey(reading.book.id, client)));
  return bytes ? DecodeAttention(*bytes) : Attention{};
}

bool HasGoal(const Agreements& agreements) {
  return std::any_of(agreements.goals.begin(), agreements.goals.end(),
                     [](const Goal& goal) { return goal.plan.has_value(); });
}

Result<GapClient> GapClientOf(const BookReading& reading, const KnownClient& client) {
  MAINSTAY_TRY_ASSIGN(attention, AttentionOf(reading, client.id));
  MAINSTAY_TRY_ASSIGN(agreements, AgreementsOf(reading, client));
  GapClient gap;
  gap.client = client.id;
  gap.tier = client.record.plan.tier;
  if (client.record.order_days.statistics()) gap.last_sale = client.record.last_order.at;
  gap.last_touch = LastTouch(client.record.plan);
  gap.last_offer = attention.last_offer;
  if (!attention.surveys.empty()) gap.last_survey = attention.surveys.back().at;
  gap.has_goal = HasGoal(agreements);
  for (const ContactTouches& contact : attention.contacts) {
    if (WithinAYear(contact.touches.front().at, reading.view.at)) gap.contacts.push_back(contact.contact);
  }
  return gap;
}

void FillList(const std::vector<Gap>& gaps, const std::map<std::string, std::string>& owners, q::GapList& out) {
  out.set_count(static_cast<std::int64_t>(gaps.size()));
  for (const Gap& gap : gaps) {
    q::GapRow& row = *out.add_rows();
    row.set_client(gap.client.raw());
    row.set_tier(std::string(TierName(gap.tier)));
    row.set_owner(owners.at(gap.client.raw()));
    if (gap.since) row.set_since(FormatInstant(*gap.since));
    if (gap.contact) row.set_contact(gap.contact->raw());
  }
}

void FillIds(const std::vector<EventId>& ids, q::EventCount& out) {
  out.set_count(static_cast<std::int64_t>(ids.size()));
  for (const EventId& id : ids) out.add_event_ids(id.raw());
}

Result<std::vector<ProofClient>> ProofClients(const BookReading& reading, const std::vector<KnownClient>& clients) {
  std::map<std::string, ProofClient> by_id;
  for (const KnownClient& client : clients) {
    ProofClient& row = by_id[client.id.raw()];
    row.client = client.id;
    row.tier = client.record.plan.tier;
  }
  MAINSTAY_TRY_ASSIGN(facts, ReadBookFacts(reading));
  for (StoredFact& fact : facts) {
    ProofClient& row = by_id[fact.client.raw()];
    row.client = fact.client;
    TieredEvent event{std::move(fact.event), fact.at, fact.tier, fact.fact == BookFact::kForeseenEmergency};
    switch (fact.fact) {
      case BookFact::kLostToCompetition:
      case BookFact::kLostOtherwise: row.losses.push_back(std::move(event)); break;
      case BookFact::kCompetitorCall: row.competitor_calls.push_back(std::move(event)); break;
      case BookFact::kEmergency:
      case BookFact::kForeseenEmergency: row.emergencies.push_back(std::move(event)); break;
      case BookFact::kReferral: row.referrals.push_back(std::move(event)); break;
    }
  }
  std::vector<ProofClient> rows;
  rows.reserve(by_id.size());
  for (auto& [id, row] : by_id) rows.push_back(std::move(row));
  return rows;
}

// Minutes of a client are spent on new business until the day of its first order.
struct EffortCount {
  std::map<std::string, Instant> first_orders;  // Client -> start of its first order day.
  std::int64_t present = 0;
  std::int64_t fresh = 0;

  void Add(std::string_view client, Instant at, std::optional<bool> existing, std::int64_t minutes) {
    const auto first = first_orders.find(std::string(client));
    (existing.value_or(first != first_orders.end() && at >= first->second) ? present : fresh) += minutes;
  }
};

// Of the touches that the plans keep, and of those they no longer do.
Result<void> CountTouches(const BookReading& reading, const std::vector<KnownClient>& clients, EffortCount& count) {
  const auto counts = [&](Instant at) { return at <= reading.view.at && WithinAYear(at, reading.view.at); };
  for (const KnownClient& client : clients) {
    for (const KeptTouches::View touch : client.record.plan.touches) {
      if (counts(touch.at)) count.Add(client.id.raw(), touch.at, {}, touch.minutes);
    }
  }
  return ReadEfforts(reading, clients, [&](const KnownClient& client, const Effort& effort) {
    if (counts(effort.at)) count.Add(client.id.raw(), effort.at, {}, effort.minutes);
  });
}

struct SourceCount {
  std::int64_t won = 0;
  std::int64_t lost = 0;
  std::int64_t open = 0;
};

// A deal by the id of a referral of the same client is that referral.
Result<std::array<SourceCount, 4>> CountLeads(const BookReading& reading, EffortCount& effort) {
  std::array<SourceCount, 4> sources;
  std::map<std::pair<std::string, std::string>, Lead> leads;
  MAINSTAY_TRY(ScanBook(reading, kLeads, [&](std::string_view key, std::string_view value) -> Result<void> {
    const std::vector<std::string_view> parts = stream::SplitKey(key);
    if (parts.size() != 3) return Fail(ErrorCode::kDataLoss, "a stored lead is damaged");
    MAINSTAY_TRY_ASSIGN(lead, DecodeLead(value));
    if (lead.at && *lead.at <= reading.view.at && WithinAYear(*lead.at, reading.view.at)) {
      effort.Add(parts[0], *lead.at, lead.existing_client, lead.minutes);
    }
    const auto [known, added] = leads.try_emplace({std::string(parts[0]), std::string(parts[2])}, lead);
    // Keys of deals come before those of referrals; what either says of the end holds.
    if (!added) {
      if (!known->second.won_at) known->second.won_at = lead.won_at;
      if (!known->second.lost_at) known->second.lost_at = lead.lost_at;
      known->second.source = LeadSource::kReferral;
    }
    return {};
  }));
  for (const auto& [id, lead] : leads) {
    SourceCount& count = sources[static_cast<std::size_t>(lead.source.value_or(LeadSource::kOther))];
    ++(lead.won() ? count.won : lead.lost() ? count.lost : count.open);
  }
  return sources;
}

void FillTiers(const Proof& proof, q::GetProofResponse& out) {
  for (const TierProof& tier : proof.tiers) {
    q::TierProof& row = *out.add_tiers();
    row.set_tier(std::string(TierName(tier.tier)));
    row.set_clients(tier.clients);
    FillIds(tier.competitor_calls, *row.mutable_competitor_calls());
    FillIds(tier.footholds, *row.mutable_footholds());
    FillIds(tier.referrals, *row.mutable_referrals());
  }
  for (const ReferringClient& client : proof.referrers) {
    q::Referrer& row = *out.add_referrers();
    row.set_client(client.client.raw());
    row.set_tier(std::string(TierName(client.tier)));
    FillIds(client.referrals, *row.mutable_referrals());
  }
}

}  // namespace

std::int64_t WeeklyMinutes(const std::map<std::string, RepRecord>& reps, const std::string& rep) {
  const auto known = reps.find(rep);
  return known == reps.end() ? kDefaultWeeklyMinutes : known->second.minutes_per_week.value_or(kDefaultWeeklyMinutes);
}

Result<void> FillGaps(const BookReading& reading, q::ListGapsResponse& out) {
  MAINSTAY_TRY_ASSIGN(clients, ReadClients(reading));
  std::vector<GapClient> rows;
  std::map<std::string, std::string> owners;
  for (const KnownClient& client : clients) {
    if (client.record.plan.tier == Tier::kNone) continue;
    MAINSTAY_TRY_ASSIGN(row, GapClientOf(reading, client));
    rows.push_back(std::move(row));
    owners[client.id.raw()] = OwnerOf(client.record);
  }
  const Gaps gaps = FindGaps(rows, reading.view.at);
  FillList(gaps.sell_and_forget, owners, *out.mutable_sell_and_forget());
  FillList(gaps.no_survey, owners, *out.mutable_no_survey());
  FillList(gaps.no_goal, owners, *out.mutable_no_goal());
  FillList(gaps.one_contact, owners, *out.mutable_one_contact());
  FillList(gaps.no_offer, owners, *out.mutable_no_offer());
  return {};
}

Result<void> FillProof(const BookReading& reading, q::GetProofResponse& out) {
  MAINSTAY_TRY_ASSIGN(clients, ReadClients(reading));
  MAINSTAY_TRY_ASSIGN(rows, ProofClients(reading, clients));
  const Proof proof = MakeProof(rows, reading.view.at);
  FillIds(proof.emergencies, *out.mutable_emergencies());
  FillIds(proof.caught, *out.mutable_caught());
  FillTiers(proof, out);
  EffortCount effort;
  for (const KnownClient& client : clients) {
    const auto& statistics = client.record.order_days.statistics();
    if (statistics) effort.first_orders[client.id.raw()] = reading.book.zone.StartOfDay(statistics->first);
  }
  MAINSTAY_TRY(CountTouches(reading, clients, effort));
  MAINSTAY_TRY_ASSIGN(sources, CountLeads(reading, effort));
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const ClosePrior& prior = static_cast<LeadSource>(i) == LeadSource::kReferral ? kReferralPrior : kColdPrior;
    const CloseRatio ratio = MakeCloseRatio(sources[i].won, sources[i].lost, sources[i].open, prior);
    q::SourceRatio& row = *out.add_close_ratios();
    row.set_source(kSources[i]);
    row.set_won(ratio.won);
    row.set_lost(ratio.lost);
    row.set_open(ratio.open);
    row.set_close_ratio(ratio.mean);
    row.add_interval(ratio.lo);
    row.add_interval(ratio.hi);
  }
  q::Effort& minutes = *out.mutable_effort();
  minutes.set_present_minutes(effort.present);
  minutes.set_new_minutes(effort.fresh);
  const std::int64_t all = effort.present + effort.fresh;
  if (all > 0) minutes.set_present_share(static_cast<double>(effort.present) / static_cast<double>(all));
  return {};
}

void FillCapacity(const Book& rules, const std::vector<KnownClient>& clients,
                  const std::map<std::string, RepRecord>& reps, q::GetWorkloadResponse& out) {
  std::map<std::string, std::array<std::vector<const KnownClient*>, 3>> books;
  for (const auto& [rep, record] : reps) {
    if (record.sales) books[rep];
  }
  for (const KnownClient& client : clients) {
    const Tier tier = client.record.plan.tier;
    if (!IsInCallPlan(client.record) || !client.record.owner) continue;
    books[client.record.owner->raw()][static_cast<std::size_t>(tier) - 1].push_back(&client);
  }
  std::vector<RepBook> plan_of;
  for (auto& [rep, tiers] : books) {
    RepBook& book = plan_of.emplace_back(RepBook{RepId{rep}, WeeklyMinutes(reps, rep), {}});
    for (std::size_t tier = 0; tier < tiers.size(); ++tier) {
      std::stable_sort(tiers[tier].begin(), tiers[tier].end(), [](const KnownClient* a, const KnownClient* b) {
        return a->record.window.trailing < b->record.window.trailing;  // Clients come by id.
      });
      for (const KnownClient* client : tiers[tier]) book.clients[tier].push_back(client->id);
    }
  }
  const CapacityPlan plan = PlanCapacity(std::move(plan_of), rules.terms(), rules.record.policy.minutes_per_call);
  if (plan.over.empty()) return;
  q::CapacityPlan& answer = *out.mutable_plan();
  answer.set_possible(plan.possible);
  answer.set_missing_minutes(plan.missing_minutes);
  for (const ClientMove& move : plan.moves) {
    q::ClientMove& row = *answer.add_moves();
    row.set_client(move.client.raw());
    row.set_tier(std::string(TierName(move.tier)));
    row.set_from(move.from.raw());
    row.set_to(move.to.raw());
  }
}

Result<void> FillValueProof(const BookReading& reading, const ClientId& client, q::ClientReviews& out) {
  MAINSTAY_TRY_ASSIGN(attention, AttentionOf(reading, client));
  for (const Survey& survey : attention.surveys) {
    q::SurveyScore& row = *out.add_surveys();
    row.set_survey(survey.id.raw());
    if (survey.contact) row.set_contact(survey.contact->raw());
    row.set_answered_at(FormatInstant(survey.at));
    row.set_score(survey.score);
  }
  const std::string prefix = ClientPrefix(reading.book.id, client) + "emergency";
  Result<void> damaged{};
  MAINSTAY_TRY(reading.view.snapshot->Scan(kIncidents, prefix, {}, [&](std::string_view, std::string_view value) {
    const Result<Incident> incident = DecodeIncident(value);
    if (!incident) {
      damaged = tl::unexpected(incident.error());
      return false;
    }
    if (!incident->event) return true;
    out.set_emergencies(out.emergencies() + 1);
    if (incident->resolved_at) out.set_emergencies_resolved(out.emergencies_resolved() + 1);
    return true;
  }));
  return damaged;
}

}  // namespace mainstay::cadence
