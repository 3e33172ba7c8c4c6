#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "mainstay/webhook_sender/address_guard.h"

namespace mainstay::webhook_sender {
namespace {

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlDeleter>;

// nullopt: the URL has no such part.
std::optional<std::string> Part(const Url& url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, 0) != CURLUE_OK) return std::nullopt;
  std::string copy(text);
  curl_free(text);
  return copy;
}

tl::unexpected<Error> Refuse(std::string message) { return InvalidField("url", std::move(message)); }

std::optional<IpAddress> Literal(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return IpAddress::Parse(host);
}

bool InsideAllowed(const IpAddress& address, std::span<const Cidr> allowed) {
  return std::any_of(allowed.begin(), allowed.end(), [&](const Cidr& cidr) { return cidr.Contains(address); });
}

bool LocalhostAllowed(std::span<const Cidr> allowed) {
  return InsideAllowed(*IpAddress::Parse("127.0.0.1"), allowed) || InsideAllowed(*IpAddress::Parse("::1"), allowed);
}

Result<void> CheckHost(const std::string& host, bool https, std::span<const Cidr> allowed) {
  const std::optional<IpAddress> literal = Literal(host);
  if (literal) {
    const auto why = ForbiddenBecause(*literal, allowed);
    if (why)
      return Refuse("the address " + literal->Text() + " is not allowed (" + std::string(*why) +
                    "); webhooks.allowed_cidrs opens internal receivers");
  }
  if (host == "localhost" && !LocalhostAllowed(allowed)) {
    return Refuse("localhost is not allowed; webhooks.allowed_cidrs opens internal receivers");
  }
  const bool internal = host == "localhost" || (literal && InsideAllowed(*literal, allowed));
  if (!https && !internal) return Refuse("must be https (http only to an address inside webhooks.allowed_cidrs)");
  return {};
}

}  // namespace

Result<void> CheckUrl(std::string_view text, std::span<const Cidr> allowed) {
  if (text.empty()) return Refuse("is empty");
  if (text.size() > kMaxUrlBytes) return Refuse("is longer than 2,048 bytes");
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!printable) return Refuse("contains a blank, a control character or a letter outside ASCII");

  // libcurl forgives a slash too few or too many; others would read another host.
  const std::size_t host_at = text.find("://");
  if (host_at == std::string_view::npos || text.substr(host_at + 3).starts_with('/')) {
    return Refuse("is not an absolute URL like https://example.com/hook");
  }
  // libcurl's own parser, so that what is checked is what will be called.
  const Url url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), 0) != CURLUE_OK) {
    return Refuse("is not an absolute URL like https://example.com/hook");
  }
  const std::string scheme = Part(url, CURLUPART_SCHEME).value_or("");
  if (scheme != "https" && scheme != "http") return Refuse("must be https");
  if (Part(url, CURLUPART_USER) || Part(url, CURLUPART_PASSWORD)) return Refuse("must not contain a user or password");
  if (Part(url, CURLUPART_FRAGMENT)) return Refuse("must not contain a fragment (#)");
  if (Part(url, CURLUPART_ZONEID)) return Refuse("must not contain an address zone (%)");
  if (Part(url, CURLUPART_PORT) == "0") return Refuse("must not have port 0");
  std::string host = Part(url, CURLUPART_HOST).value_or("");
  if (host.empty()) return Refuse("has no host");
  std::transform(host.begin(), host.end(), host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (host.ends_with('.')) host.pop_back();
  return CheckHost(host, scheme == "https", allowed);
}

}  // namespace mainstay::webhook_sender
