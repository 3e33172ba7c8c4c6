// InEvent: any event that Mainstay accepts, decoded and checked. One alternative per type of the catalogue.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "mainstay/base/instant.h"
#include "mainstay/vocabulary/book_events.h"
#include "mainstay/vocabulary/client_events.h"
#include "mainstay/vocabulary/ids.h"
#include "mainstay/vocabulary/relation_events.h"
#include "mainstay/vocabulary/touch_events.h"

namespace mainstay {

using InEventData = std::variant<
    // mainstay.client.*
    ClientRegistered, ClientUpdated, OwnerChanged, ContactAdded, ContactRemoved, OrderPlaced, OrderCorrected,
    OrderRefunded, ContractSigned, ContractRenewed, ContractEnded, ClientLost, ClientReturned, EmergencyRaised,
    EmergencyResolved, CompetitorCalled, ComplaintMade, ComplaintResolved, PrioritiesShifted, ReferralGiven,
    ReferralWon, ReferralLost, DealOpened, DealWon, DealLost, SurveyAnswered, GoalSet, GoalMeasured, ReviewHeld,
    PromiseMade, PromiseKept, PromiseExceeded, PromiseBroken, PotentialAssessed, OfferMade, CampaignReplied,
    ConsentChanged, ClientMerged, ClientErased,
    // mainstay.book.*
    ProductCatalogued, PolicySet, TargetSet, CalendarSet, RepSet, ImportStarted, ImportFinished,
    // mainstay.touch.*
    Touched, TouchRetracted>;

struct InEvent {
  EventId id;          // Unique with `source`: the pair makes a repeated delivery recognisable.
  std::string source;  // Never empty.
  Instant time{};      // When it happened, not when it arrived.
  BookId book;
  std::optional<ClientId>
      client;  // Always there for mainstay.client.* and mainstay.touch.*, never for mainstay.book.*.
  InEventData data;
  friend bool operator==(const InEvent&, const InEvent&) = default;
};

}  // namespace mainstay
