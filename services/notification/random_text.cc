#include "random_text.h"

#include <openssl/rand.h>

namespace mainstay::notification {

Result<std::string> RandomBytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
    return Fail(ErrorCode::kUnavailable, "the operating system gives no random numbers");
  }
  return bytes;
}

Result<std::string> RandomId(const char* prefix) {
  MAINSTAY_TRY_ASSIGN(bytes, RandomBytes(16));
  constexpr const char* kDigits = "0123456789abcdef";
  std::string id = prefix;
  for (const char byte : bytes) {
    id += kDigits[static_cast<unsigned char>(byte) >> 4];
    id += kDigits[static_cast<unsigned char>(byte) & 0xf];
  }
  return id;
}

}  // namespace mainstay::notification
