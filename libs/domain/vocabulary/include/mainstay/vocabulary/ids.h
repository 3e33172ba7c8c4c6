// Identifiers of the domain. All are strings of up to 256 bytes of UTF-8 without control characters;
// client ids (and all below a client) are scoped by book.
#pragma once

#include <string>

#include "mainstay/base/strong_id.h"

namespace mainstay {

using BookId = StrongId<struct BookIdTag, std::string>;
using ClientId = StrongId<struct ClientIdTag, std::string>;
using ContactId = StrongId<struct ContactIdTag, std::string>;
using DepartmentId = StrongId<struct DepartmentIdTag, std::string>;
using LocationId = StrongId<struct LocationIdTag, std::string>;
using RepId = StrongId<struct RepIdTag, std::string>;
using ProductId = StrongId<struct ProductIdTag, std::string>;
using OrderId = StrongId<struct OrderIdTag, std::string>;
using RefundId = StrongId<struct RefundIdTag, std::string>;
using EventId = StrongId<struct EventIdTag, std::string>;  // CloudEvents `id`; unique with its source.
using EpisodeId = StrongId<struct EpisodeIdTag, std::string>;
using PromptId = StrongId<struct PromptIdTag, std::string>;
using EndpointId = StrongId<struct EndpointIdTag, std::string>;

}  // namespace mainstay
