// The answer about personas. Any thread.
#pragma once

#include "book_reading.h"
#include "mainstay/stream/record.h"

namespace mainstay::segmentation {

[[nodiscard]] Result<void> AnswerPersonaQuestions(const app::StateReader& state, const stream::Topology& topology,
                                                  const query::v1::GetPersonasRequest& request,
                                                  query::v1::GetPersonasResponse& out);

}  // namespace mainstay::segmentation
