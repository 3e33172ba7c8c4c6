// Goals, reviews, promises and contracts into a client's agreements.
//
// A natural id means one thing: a goal that is frozen, a contract or a promise said again with other content is
// refused (kAlreadyExists); said again with the same content it is already seen. A draft of a goal may be replaced.
#pragma once

#include "fold.h"

namespace mainstay::cadence {

// Folded{} for an event that is none of these.
[[nodiscard]] Result<Folded> FoldAgreements(stream::Context& context, const BookId& book, const InEvent& event,
                                            ClientRecord& client);

}  // namespace mainstay::cadence
