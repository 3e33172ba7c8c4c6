// Answers about what clients could buy, and about one client in depth. Any thread.
#pragma once

#include "book_reading.h"
#include "mainstay/stream/record.h"

namespace mainstay::segmentation {

[[nodiscard]] Result<void> AnswerWhitespace(const app::StateReader& state, const stream::Topology& topology,
                                            const query::v1::GetWhitespaceRequest& request,
                                            query::v1::GetWhitespaceResponse& out);
// Persona with evidence and advice, whitespace, potential, rank history.
[[nodiscard]] Result<void> FillDepth(const Book& book, const KnownClient& client,
                                     const query::v1::GetClientRequest& request, query::v1::GetClientResponse& out);
void FillPersona(const PersonaDecision& decision, query::v1::Persona& out);

}  // namespace mainstay::segmentation
