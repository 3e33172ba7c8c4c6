// The answer about personas. Any thread.
#pragma once

#include "book_reading.h"
#include "mainstay/segmentation/persona_questions.h"
#include "mainstay/stream/record.h"

namespace mainstay::segmentation {

[[nodiscard]] Result<void> AnswerPersonaQuestions(const app::StateReader& state, const stream::Topology& topology,
                                                  const query::v1::GetPersonasRequest& request,
                                                  query::v1::GetPersonasResponse& out);

[[nodiscard]] PersonaClient PersonaClientOf(const Book& book, const KnownClient& client, const PolicyValues& policy);
void FillDraining(const PersonaAnswers& answers, const Currency& currency, query::v1::DrainingCost& out);

}  // namespace mainstay::segmentation
