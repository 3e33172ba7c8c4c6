// Read and Write of every event that Mainstay publishes and has a domain value for. Write leaves out `as_of`.
#pragma once

#include <string_view>

#include "in_codec.h"
#include "mainstay/event/v1/cadence.pb.h"
#include "mainstay/event/v1/delivery.pb.h"
#include "mainstay/event/v1/prompt.pb.h"
#include "mainstay/event/v1/risk.pb.h"
#include "mainstay/event/v1/segment.pb.h"
#include "mainstay/vocabulary/out_events.h"

// clang-format off
#define MAINSTAY_OUT_EVENTS(X)                                                                                \
  X(segment, SegmentChanged) X(segment, ReviewProposed) X(segment, ReviewDecided)                             \
  X(cadence, TouchFellDue) X(cadence, TouchBecameOverdue) X(cadence, TouchCleared)                            \
  X(cadence, ReviewFellDue) X(cadence, ReviewBecameOverdue) X(cadence, RenewalCheckpointReached)              \
  X(risk, ChurnRiskChanged) X(model, ParametersFitted)                                                        \
  X(prompt, PromptIssued) X(prompt, PromptAccepted) X(prompt, PromptSnoozed) X(prompt, PromptDismissed)       \
  X(prompt, PromptWithdrawn) X(prompt, PromptWon) X(prompt, PromptLost)                                       \
  X(delivery, EndpointDisabled) X(delivery, DeliveryExhausted)
// clang-format on

// Published types without a domain value: nothing here reads or writes them yet, but files of them can be shown.
// clang-format off
#define MAINSTAY_MESSAGE_ONLY_EVENTS(X) X(prompt, CreditPosted)
// clang-format on

namespace mainstay::wire {

MAINSTAY_OUT_EVENTS(MAINSTAY_EVENT_CODEC)

}  // namespace mainstay::wire
