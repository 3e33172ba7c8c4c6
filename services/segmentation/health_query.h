// The answer to "how does this book do?". Any thread.
#pragma once

#include "book_reading.h"
#include "mainstay/app/service_module.h"
#include "mainstay/query/v1/book_health.pb.h"
#include "mainstay/segmentation/book_health.h"

namespace mainstay::segmentation {

// Reads every client and order day of the book, from one snapshot.
[[nodiscard]] Result<void> AnswerHealth(const app::StateReader& state, const stream::Topology& topology,
                                        const query::v1::GetHealthRequest& request, query::v1::GetHealthResponse& out);

// REQUIRES, as the next one: the clients were asked for.
[[nodiscard]] BookHealth HealthOf(const Book& book);
// What keeping and winning clients of `book` costs with the values of `policy`, its own or one that is tried.
void FillEconomics(const Book& book, const BookRecord& policy, const BookHealth& health, query::v1::Economics& out);

}  // namespace mainstay::segmentation
