#include <limits>

#include "in_codec.h"

namespace mainstay::wire {
namespace {

using Sign = Reader::Sign;
using Channel = pb::ConsentChanged::Channel;
using Source = pb::LeadSource::Value;

static_assert(pb::LeadSource::REFERRAL == ProtoEnum<Source>(LeadSource::kReferral));
static_assert(pb::LeadSource::CAMPAIGN == ProtoEnum<Source>(LeadSource::kCampaign));
static_assert(pb::LeadSource::COLD == ProtoEnum<Source>(LeadSource::kCold));
static_assert(pb::LeadSource::OTHER == ProtoEnum<Source>(LeadSource::kOther));
static_assert(pb::ConsentChanged::EMAIL == ProtoEnum<Channel>(ConsentChannel::kEmail));
static_assert(pb::ConsentChanged::PHONE == ProtoEnum<Channel>(ConsentChannel::kPhone));
static_assert(pb::ConsentChanged::SMS == ProtoEnum<Channel>(ConsentChannel::kSms));

// All of a deal but its lead source.
template <class Proto>
void ReadDeal(Reader& reader, const Proto& from, Deal* to) {
  to->id = reader.RequiredId<DealId>("dealId", from.deal_id());
  to->value = reader.OptionalMoney("value", from.has_value(), from.value(), Sign::kNotNegative);
  if (from.has_existing_client()) to->existing_client = from.existing_client();
  to->minutes = reader.OptionalNumber<std::int32_t>("minutes", from.has_minutes(), from.minutes(), 0,
                                                    std::numeric_limits<std::int32_t>::max());
}

template <class Proto>
void WriteDeal(const Deal& from, Proto* to) {
  to->set_deal_id(from.id.raw());
  if (from.lead_source) to->set_lead_source(ProtoEnum<Source>(*from.lead_source));
  if (from.value) WriteMoney(*from.value, to->mutable_value());
  if (from.existing_client) to->set_existing_client(*from.existing_client);
  if (from.minutes) to->set_minutes(*from.minutes);
}

template <class Proto>
std::optional<LeadSource> OptionalLeadSource(Reader& reader, const Proto& from) {
  return reader.OptionalEnum("leadSource", from.has_lead_source(), from.lead_source(), LeadSource::kOther);
}

}  // namespace

void Read(Reader& reader, const pb::ReferralGiven& from, ReferralGiven* to) {
  to->referral = reader.RequiredId<ReferralId>("referralId", from.referral_id());
  if (from.has_prospect()) to->prospect = from.prospect();
  to->value = reader.OptionalMoney("value", from.has_value(), from.value(), Sign::kNotNegative);
}

void Write(const ReferralGiven& from, pb::ReferralGiven* to) {
  to->set_referral_id(from.referral.raw());
  if (from.prospect) to->set_prospect(*from.prospect);
  if (from.value) WriteMoney(*from.value, to->mutable_value());
}

void Read(Reader& reader, const pb::ReferralWon& from, ReferralWon* to) {
  to->referral = reader.RequiredId<ReferralId>("referralId", from.referral_id());
  to->new_client = reader.OptionalId<ClientId>("clientId", from.has_client_id(), from.client_id());
  to->value = reader.OptionalMoney("value", from.has_value(), from.value(), Sign::kNotNegative);
}

void Write(const ReferralWon& from, pb::ReferralWon* to) {
  to->set_referral_id(from.referral.raw());
  if (from.new_client) to->set_client_id(from.new_client->raw());
  if (from.value) WriteMoney(*from.value, to->mutable_value());
}

void Read(Reader& reader, const pb::ReferralLost& from, ReferralLost* to) {
  to->referral = reader.RequiredId<ReferralId>("referralId", from.referral_id());
  if (from.has_reason()) to->reason = from.reason();
}

void Write(const ReferralLost& from, pb::ReferralLost* to) {
  to->set_referral_id(from.referral.raw());
  if (from.reason) to->set_reason(*from.reason);
}

void Read(Reader& reader, const pb::DealOpened& from, DealOpened* to) {
  ReadDeal(reader, from, &to->deal);
  to->deal.lead_source = reader.RequiredEnum("leadSource", from.lead_source(), LeadSource::kOther);
}

void Write(const DealOpened& from, pb::DealOpened* to) { WriteDeal(from.deal, to); }

void Read(Reader& reader, const pb::DealWon& from, DealWon* to) {
  ReadDeal(reader, from, &to->deal);
  to->deal.lead_source = OptionalLeadSource(reader, from);
}

void Write(const DealWon& from, pb::DealWon* to) { WriteDeal(from.deal, to); }

void Read(Reader& reader, const pb::DealLost& from, DealLost* to) {
  ReadDeal(reader, from, &to->deal);
  to->deal.lead_source = OptionalLeadSource(reader, from);
}

void Write(const DealLost& from, pb::DealLost* to) { WriteDeal(from.deal, to); }

void Read(Reader& reader, const pb::SurveyAnswered& from, SurveyAnswered* to) {
  to->survey = reader.RequiredId<SurveyId>("surveyId", from.survey_id());
  to->score = reader.RequiredNumber<std::int32_t>("score", from.has_score(), from.score(), 0, 10);
  to->contact = reader.OptionalId<ContactId>("contactId", from.has_contact_id(), from.contact_id());
  if (from.has_comment()) to->comment = from.comment();
}

void Write(const SurveyAnswered& from, pb::SurveyAnswered* to) {
  to->set_survey_id(from.survey.raw());
  to->set_score(from.score);
  if (from.contact) to->set_contact_id(from.contact->raw());
  if (from.comment) to->set_comment(*from.comment);
}

void Read(Reader& reader, const pb::GoalSet& from, GoalSet* to) {
  to->goal = reader.RequiredId<GoalId>("goalId", from.goal_id());
  to->title = reader.RequiredText("title", from.title());
  to->unit = reader.RequiredText("unit", from.unit());
  to->baseline = reader.RequiredNumber<double>("baseline", from.has_baseline(), from.baseline(), -kFinite, kFinite);
  to->target = reader.RequiredNumber<double>("target", from.has_target(), from.target(), -kFinite, kFinite);
  to->target_date = reader.RequiredDay("targetDate", from.target_date());
  for (int i = 0; i < from.projection_size(); ++i) {
    const Reader::Inside inside(reader, "projection", i);
    const pb::GoalPoint& point = from.projection(i);
    GoalPoint& added = to->projection.emplace_back();
    added.date = reader.RequiredDay("date", point.date());
    added.value = reader.RequiredNumber<double>("value", point.has_value(), point.value(), -kFinite, kFinite);
  }
}

void Write(const GoalSet& from, pb::GoalSet* to) {
  to->set_goal_id(from.goal.raw());
  to->set_title(from.title);
  to->set_unit(from.unit);
  to->set_baseline(from.baseline);
  to->set_target(from.target);
  to->set_target_date(FormatDay(from.target_date));
  for (const GoalPoint& point : from.projection) {
    pb::GoalPoint* added = to->add_projection();
    added->set_date(FormatDay(point.date));
    added->set_value(point.value);
  }
}

void Read(Reader& reader, const pb::GoalMeasured& from, GoalMeasured* to) {
  to->goal = reader.RequiredId<GoalId>("goalId", from.goal_id());
  to->value = reader.RequiredNumber<double>("value", from.has_value(), from.value(), -kFinite, kFinite);
}

void Write(const GoalMeasured& from, pb::GoalMeasured* to) {
  to->set_goal_id(from.goal.raw());
  to->set_value(from.value);
}

void Read(Reader& reader, const pb::ReviewHeld& from, ReviewHeld* to) {
  to->review = reader.RequiredId<ReviewId>("reviewId", from.review_id());
  to->goals = reader.Ids<GoalId>("goalIds", from.goal_ids());
  for (int i = 0; i < from.attendees_size(); ++i) {
    const Reader::Inside inside(reader, "attendees", i);
    const pb::Attendee& attendee = from.attendees(i);
    to->attendees.push_back({reader.RequiredText("name", attendee.name()), attendee.role(), attendee.management()});
  }
  to->our_actions.assign(from.our_actions().begin(), from.our_actions().end());
  to->their_actions.assign(from.their_actions().begin(), from.their_actions().end());
}

void Write(const ReviewHeld& from, pb::ReviewHeld* to) {
  to->set_review_id(from.review.raw());
  for (const GoalId& goal : from.goals) to->add_goal_ids(goal.raw());
  for (const Attendee& attendee : from.attendees) {
    pb::Attendee* added = to->add_attendees();
    added->set_name(attendee.name);
    added->set_role(attendee.role);
    added->set_management(attendee.management);
  }
  for (const std::string& action : from.our_actions) to->add_our_actions(action);
  for (const std::string& action : from.their_actions) to->add_their_actions(action);
}

void Read(Reader& reader, const pb::PotentialAssessed& from, PotentialAssessed* to) {
  if (from.cells().empty()) reader.Refuse("cells", "is empty; an assessment has at least one cell");
  for (int i = 0; i < from.cells_size(); ++i) {
    const Reader::Inside inside(reader, "cells", i);
    const pb::PotentialCell& cell = from.cells(i);
    PotentialCell& added = to->cells.emplace_back();
    added.product = reader.RequiredId<ProductId>("productId", cell.product_id());
    added.department = reader.OptionalId<DepartmentId>("departmentId", cell.has_department_id(), cell.department_id());
    added.location = reader.OptionalId<LocationId>("locationId", cell.has_location_id(), cell.location_id());
    added.yearly = reader.RequiredMoney("yearly", cell.has_yearly(), cell.yearly(), Sign::kNotNegative);
  }
  to->horizon_years =
      reader.OptionalNumber<std::int32_t>("horizonYears", from.has_horizon_years(), from.horizon_years(), 1, 100);
}

void Write(const PotentialAssessed& from, pb::PotentialAssessed* to) {
  for (const PotentialCell& cell : from.cells) {
    pb::PotentialCell* added = to->add_cells();
    added->set_product_id(cell.product.raw());
    if (cell.department) added->set_department_id(cell.department->raw());
    if (cell.location) added->set_location_id(cell.location->raw());
    WriteMoney(cell.yearly, added->mutable_yearly());
  }
  if (from.horizon_years) to->set_horizon_years(*from.horizon_years);
}

void Read(Reader& reader, const pb::OfferMade& from, OfferMade* to) {
  to->offer = reader.RequiredId<OfferId>("offerId", from.offer_id());
  if (from.product_ids().empty()) reader.Refuse("productIds", "is empty; an offer has at least one product");
  to->products = reader.Ids<ProductId>("productIds", from.product_ids());
}

void Write(const OfferMade& from, pb::OfferMade* to) {
  to->set_offer_id(from.offer.raw());
  for (const ProductId& product : from.products) to->add_product_ids(product.raw());
}

void Read(Reader& reader, const pb::CampaignReplied& from, CampaignReplied* to) {
  to->campaign = reader.RequiredId<CampaignId>("campaignId", from.campaign_id());
  to->contact = reader.OptionalId<ContactId>("contactId", from.has_contact_id(), from.contact_id());
  to->reply = reader.RequiredText("reply", from.reply());
}

void Write(const CampaignReplied& from, pb::CampaignReplied* to) {
  to->set_campaign_id(from.campaign.raw());
  if (from.contact) to->set_contact_id(from.contact->raw());
  to->set_reply(from.reply);
}

void Read(Reader& reader, const pb::ConsentChanged& from, ConsentChanged* to) {
  to->contact = reader.RequiredId<ContactId>("contactId", from.contact_id());
  to->channel = reader.RequiredEnum("channel", from.channel(), ConsentChannel::kSms);
  if (!from.has_granted()) reader.Refuse("granted", "is missing");
  to->granted = from.granted();
}

void Write(const ConsentChanged& from, pb::ConsentChanged* to) {
  to->set_contact_id(from.contact.raw());
  to->set_channel(ProtoEnum<Channel>(from.channel));
  to->set_granted(from.granted);
}

void Read(Reader& reader, const pb::ClientMerged& from, ClientMerged* to) {
  to->into = reader.RequiredId<ClientId>("intoClientId", from.into_client_id());
}

void Write(const ClientMerged& from, pb::ClientMerged* to) { to->set_into_client_id(from.into.raw()); }

void Read(Reader&, const pb::ClientErased&, ClientErased*) {}
void Write(const ClientErased&, pb::ClientErased*) {}

}  // namespace mainstay::wire
