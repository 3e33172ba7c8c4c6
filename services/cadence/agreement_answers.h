// Goals, reviews, promises and renewals as answers. Progress and days left are as of the reading's `at`; which reviews
// are due and which checkpoints passed is as the processor last decided. Any thread.
#pragma once

#include "agreements.h"
#include "book_reading.h"

namespace mainstay::cadence {

// Empty for a client without any.
[[nodiscard]] Result<Agreements> AgreementsOf(const BookReading& reading, const KnownClient& client);

// kNotFound for a client that nobody has written about.
[[nodiscard]] Result<void> FillGoals(const BookReading& reading, const query::v1::ListGoalsRequest& request,
                                     query::v1::ListGoalsResponse& out);
[[nodiscard]] Result<void> FillRenewals(const BookReading& reading, const query::v1::ListRenewalsRequest& request,
                                        query::v1::ListRenewalsResponse& out);

}  // namespace mainstay::cadence
