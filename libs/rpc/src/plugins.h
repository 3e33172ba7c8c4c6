// gRPC plug-ins are process-wide and must be on before the first builder.
#pragma once

namespace mainstay::rpc {

void EnablePlugins();

}  // namespace mainstay::rpc
