// What a book's scores are computed with, and how true they have been, as answers. Any thread.
#pragma once

#include "book_reading.h"

namespace mainstay::cadence {

[[nodiscard]] Result<void> FillModel(const BookReading& reading, query::v1::GetModelResponse& out);
// Of the labels asked for; each counts alike, whatever its horizon.
[[nodiscard]] Result<void> FillCalibration(const BookReading& reading, const query::v1::GetCalibrationRequest& request,
                                           query::v1::GetCalibrationResponse& out);

}  // namespace mainstay::cadence
