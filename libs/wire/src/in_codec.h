// Read and Write of every event that comes in: message -> checked domain value, and back.
#pragma once

#include <string_view>

#include "mainstay/event/v1/book.pb.h"
#include "mainstay/event/v1/client.pb.h"
#include "mainstay/event/v1/relation.pb.h"
#include "mainstay/event/v1/touch.pb.h"
#include "mainstay/vocabulary/events.h"
#include "reader.h"

// X(context, Name): the type is mainstay.<context>.<Name>.v1, the message and the domain struct are <Name>.
// clang-format off
#define MAINSTAY_IN_EVENTS(X)                                                                                    \
  X(client, ClientRegistered) X(client, ClientUpdated) X(client, OwnerChanged) X(client, ContactAdded)           \
  X(client, ContactRemoved) X(client, OrderPlaced) X(client, OrderCorrected) X(client, OrderRefunded)            \
  X(client, ContractSigned) X(client, ContractRenewed) X(client, ContractEnded) X(client, ClientLost)            \
  X(client, ClientReturned) X(client, EmergencyRaised) X(client, EmergencyResolved) X(client, CompetitorCalled)  \
  X(client, ComplaintMade) X(client, ComplaintResolved) X(client, PrioritiesShifted) X(client, ReferralGiven)    \
  X(client, ReferralWon) X(client, ReferralLost) X(client, DealOpened) X(client, DealWon) X(client, DealLost)    \
  X(client, SurveyAnswered) X(client, GoalSet) X(client, GoalMeasured) X(client, ReviewHeld)                     \
  X(client, PromiseMade) X(client, PromiseKept) X(client, PromiseExceeded) X(client, PromiseBroken)              \
  X(client, PotentialAssessed) X(client, OfferMade) X(client, CampaignReplied) X(client, ConsentChanged)         \
  X(client, ClientMerged) X(client, ClientErased)                                                                \
  X(book, ProductCatalogued) X(book, PolicySet) X(book, TargetSet) X(book, CalendarSet) X(book, RepSet)          \
  X(book, ImportStarted) X(book, ImportFinished)                                                                 \
  X(touch, Touched) X(touch, TouchRetracted)
// clang-format on

namespace mainstay::wire {

// For a domain event: its message, its type name and the context in it.
template <class Event>
struct EventTraits;

#define MAINSTAY_EVENT_CODEC(context, Name)                                         \
  void Read(Reader& reader, const pb::Name& from, Name* to);                        \
  void Write(const Name& from, pb::Name* to);                                       \
  template <>                                                                       \
  struct EventTraits<Name> {                                                        \
    using Proto = pb::Name;                                                         \
    static constexpr std::string_view kContext = #context;                          \
    static constexpr std::string_view kType = "mainstay." #context "." #Name ".v1"; \
  };
MAINSTAY_IN_EVENTS(MAINSTAY_EVENT_CODEC)

}  // namespace mainstay::wire
