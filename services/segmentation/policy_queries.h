// Answers about policies tried on the book, and about the quarterly review. Any thread.
#pragma once

#include "book_reading.h"
#include "mainstay/app/service_module.h"
#include "mainstay/stream/record.h"

namespace mainstay::segmentation {

[[nodiscard]] Result<void> AnswerWhatIf(const app::StateReader& state, const stream::Topology& topology,
                                        const query::v1::WhatIfRequest& request, query::v1::WhatIfResponse& out);
[[nodiscard]] Result<void> AnswerReview(const app::StateReader& state, const stream::Topology& topology,
                                        const query::v1::GetReviewRequest& request, query::v1::GetReviewResponse& out);
// Appends the decision and waits until the book's shard has taken it; its refusal is the error. A client that is
// handed over to a rep gets it as its owner (OwnerChanged); "nurture" leaves the owner as it is.
[[nodiscard]] Result<void> PublishDecision(const app::System& system, const stream::Topology& topology,
                                           const query::v1::DecideReviewRequest& request,
                                           query::v1::DecideReviewResponse& out);

}  // namespace mainstay::segmentation
