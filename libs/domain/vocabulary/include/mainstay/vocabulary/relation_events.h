// More facts about one client (types mainstay.client.*.v1): referrals and deals, surveys, goals and reviews,
// promises, potential, offers, consent, and the end of a client's record. Same conventions as client_events.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/vocabulary/event_ids.h"
#include "mainstay/vocabulary/ids.h"
#include "mainstay/vocabulary/money_amount.h"

namespace mainstay {

struct ReferralGiven {  // The event's client is the referrer, here and below.
  ReferralId referral;
  std::optional<std::string> prospect;
  std::optional<MoneyAmount> value;
  friend bool operator==(const ReferralGiven&, const ReferralGiven&) = default;
};

struct ReferralWon {
  ReferralId referral;
  std::optional<ClientId> new_client;
  std::optional<MoneyAmount> value;
  friend bool operator==(const ReferralWon&, const ReferralWon&) = default;
};

struct ReferralLost {
  ReferralId referral;
  std::optional<std::string> reason;
  friend bool operator==(const ReferralLost&, const ReferralLost&) = default;
};

enum class LeadSource : std::uint8_t { kReferral, kCampaign, kCold, kOther };

// What the three deal events say; close ratios and effort are counted by lead source.
struct Deal {
  DealId id;
  std::optional<LeadSource> lead_source;  // Always there in DealOpened.
  std::optional<MoneyAmount> value;
  std::optional<bool> existing_client;
  std::optional<std::int32_t> minutes;  // >= 0
  friend bool operator==(const Deal&, const Deal&) = default;
};

struct DealOpened {
  Deal deal;
  friend bool operator==(const DealOpened&, const DealOpened&) = default;
};

struct DealWon {
  Deal deal;
  friend bool operator==(const DealWon&, const DealWon&) = default;
};

struct DealLost {
  Deal deal;
  friend bool operator==(const DealLost&, const DealLost&) = default;
};

struct SurveyAnswered {
  SurveyId survey;
  std::int32_t score = 0;  // 0..10; at most 6 is a detractor.
  std::optional<ContactId> contact;
  std::optional<std::string> comment;
  friend bool operator==(const SurveyAnswered&, const SurveyAnswered&) = default;
};

struct GoalPoint {
  Day date{};
  double value = 0;  // Finite, in the goal's unit.
  friend bool operator==(const GoalPoint&, const GoalPoint&) = default;
};

struct GoalSet {
  GoalId goal;
  std::string title;
  std::string unit;
  double baseline = 0;
  double target = 0;
  Day target_date{};
  std::vector<GoalPoint> projection;  // As given, not sorted.
  friend bool operator==(const GoalSet&, const GoalSet&) = default;
};

struct GoalMeasured {
  GoalId goal;
  double value = 0;  // Finite.
  friend bool operator==(const GoalMeasured&, const GoalMeasured&) = default;
};

struct Attendee {
  std::string name;
  std::string role;
  bool management = false;
  friend bool operator==(const Attendee&, const Attendee&) = default;
};

struct ReviewHeld {
  ReviewId review;
  std::vector<GoalId> goals;
  std::vector<Attendee> attendees;
  std::vector<std::string> our_actions;
  std::vector<std::string> their_actions;
  friend bool operator==(const ReviewHeld&, const ReviewHeld&) = default;
};

struct PromiseMade {
  PromiseId promise;
  std::string what;
  Day due{};
  friend bool operator==(const PromiseMade&, const PromiseMade&) = default;
};

struct PromiseKept {
  PromiseId promise;
  friend bool operator==(const PromiseKept&, const PromiseKept&) = default;
};

struct PromiseExceeded {
  PromiseId promise;
  friend bool operator==(const PromiseExceeded&, const PromiseExceeded&) = default;
};

struct PromiseBroken {
  PromiseId promise;
  friend bool operator==(const PromiseBroken&, const PromiseBroken&) = default;
};

struct PotentialCell {
  ProductId product;
  std::optional<DepartmentId> department;
  std::optional<LocationId> location;
  MoneyAmount yearly;  // >= 0
  friend bool operator==(const PotentialCell&, const PotentialCell&) = default;
};

struct PotentialAssessed {
  std::vector<PotentialCell> cells;           // Never empty.
  std::optional<std::int32_t> horizon_years;  // 1..100
  friend bool operator==(const PotentialAssessed&, const PotentialAssessed&) = default;
};

struct OfferMade {
  OfferId offer;
  std::vector<ProductId> products;  // Never empty.
  friend bool operator==(const OfferMade&, const OfferMade&) = default;
};

struct CampaignReplied {
  CampaignId campaign;
  std::optional<ContactId> contact;
  std::string reply;
  friend bool operator==(const CampaignReplied&, const CampaignReplied&) = default;
};

enum class ConsentChannel : std::uint8_t { kEmail, kPhone, kSms };

struct ConsentChanged {
  ContactId contact;
  ConsentChannel channel = ConsentChannel::kEmail;
  bool granted = false;
  friend bool operator==(const ConsentChanged&, const ConsentChanged&) = default;
};

struct ClientMerged {  // The event's client goes up in `into`, of the same book.
  ClientId into;
  friend bool operator==(const ClientMerged&, const ClientMerged&) = default;
};

struct ClientErased {
  friend bool operator==(const ClientErased&, const ClientErased&) = default;
};

}  // namespace mainstay
