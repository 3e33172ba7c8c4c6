// Gap lists, "did it work" and the plan that moves the fewest clients, as answers. Any thread.
#pragma once

#include "book_reading.h"

namespace mainstay::cadence {

[[nodiscard]] Result<void> FillGaps(const BookReading& reading, query::v1::ListGapsResponse& out);
// Reads every touch of the past 400 days in the book.
[[nodiscard]] Result<void> FillProof(const BookReading& reading, query::v1::GetProofResponse& out);
// Only while somebody is over capacity. Clients with the least revenue of the last 365 days move first.
void FillCapacity(const Book& book, const std::vector<KnownClient>& clients,
                  const std::map<std::string, RepRecord>& reps, query::v1::GetWorkloadResponse& out);
// Surveys and emergencies of one client, for the review with it.
[[nodiscard]] Result<void> FillValueProof(const BookReading& reading, const ClientId& client,
                                          query::v1::ClientReviews& out);

[[nodiscard]] std::int64_t WeeklyMinutes(const std::map<std::string, RepRecord>& reps, const std::string& rep);

}  // namespace mainstay::cadence
