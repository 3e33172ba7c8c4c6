// Answers about the quarterly review, and its decisions. Any thread.
#pragma once

#include "book_reading.h"
#include "mainstay/app/service_module.h"
#include "mainstay/stream/record.h"

namespace mainstay::segmentation {

[[nodiscard]] Result<void> AnswerReview(const app::StateReader& state, const stream::Topology& topology,
                                        const query::v1::GetReviewRequest& request, query::v1::GetReviewResponse& out);
// Appends the decision and waits until the book's shard has taken it; its refusal is the error. A client that is
// handed over to a rep gets it as its owner (OwnerChanged); "nurture" leaves the owner as it is.
[[nodiscard]] Result<void> PublishDecision(const app::System& system, const stream::Topology& topology,
                                           const query::v1::DecideReviewRequest& request,
                                           query::v1::DecideReviewResponse& out);

}  // namespace mainstay::segmentation
