// The answer to "how does this book do?". Any thread.
#pragma once

#include "book_reading.h"
#include "mainstay/app/service_module.h"
#include "mainstay/query/v1/book_health.pb.h"

namespace mainstay::segmentation {

// Reads every client and order day of the book, from one snapshot.
[[nodiscard]] Result<void> AnswerHealth(const app::StateReader& state, const stream::Topology& topology,
                                        const query::v1::GetHealthRequest& request, query::v1::GetHealthResponse& out);

}  // namespace mainstay::segmentation
