// Identifiers that occur only inside events: natural ids of contracts, goals, complaints and the like, each
// scoped by the client (ImportId: by the book).
#pragma once

#include <string>

#include "mainstay/base/strong_id.h"

namespace mainstay {

using CampaignId = StrongId<struct CampaignIdTag, std::string>;
using ComplaintId = StrongId<struct ComplaintIdTag, std::string>;
using ContractId = StrongId<struct ContractIdTag, std::string>;
using DealId = StrongId<struct DealIdTag, std::string>;
using EmergencyId = StrongId<struct EmergencyIdTag, std::string>;
using GoalId = StrongId<struct GoalIdTag, std::string>;
using ImportId = StrongId<struct ImportIdTag, std::string>;
using OfferId = StrongId<struct OfferIdTag, std::string>;
using PromiseId = StrongId<struct PromiseIdTag, std::string>;
using ReferralId = StrongId<struct ReferralIdTag, std::string>;
using ReviewId = StrongId<struct ReviewIdTag, std::string>;
using SurveyId = StrongId<struct SurveyIdTag, std::string>;

}  // namespace mainstay
