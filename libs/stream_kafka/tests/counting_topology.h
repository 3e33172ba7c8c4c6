// The topology of the counting service (counting_processor.h).
#pragma once

#include <string>

#include "counting_processor.h"
#include "mainstay/stream/record.h"

namespace mainstay::stream_kafka {

// `prefix`, of every topic; empty: names without one.
[[nodiscard]] inline stream::Topology CountingTopology(const std::string& prefix) {
  const std::string dot = prefix.empty() ? "" : prefix + ".";
  stream::Topology topology;
  topology.service = "count";
  topology.inputs = {dot + "in", dot + "count.internal"};
  topology.outputs = {dot + "out", dot + "fired"};
  topology.dead_letter = dot + "count.dead-letter";
  topology.internal = 1;
  topology.tables = {kListTable};
  return topology;
}

}  // namespace mainstay::stream_kafka
