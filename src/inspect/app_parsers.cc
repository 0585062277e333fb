// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/inspect/app_parsers.h"

#include "http/parser.h"
#include "ssh/parser.h"
#include "tls/parser.h"

namespace nfsieve {

struct AppParsers::Shared {
    AppParserLimits limits;
    http::Config http;
};

AppParsers::AppParsers(const AppParserLimits& limits)
    : shared_(std::make_unique<Shared>(Shared{limits, http::make_config(limits)})) {}

AppParsers::~AppParsers() = default;
AppParsers::AppParsers(AppParsers&&) noexcept = default;

std::unique_ptr<AppParser> AppParsers::make(AppProtocol protocol) const {
    switch (protocol) {
    case AppProtocol::http:
        return std::make_unique<http::HttpParser>(shared_->limits, shared_->http.get());
    case AppProtocol::tls:
        return std::make_unique<tls::TlsParser>(shared_->limits);
    case AppProtocol::ssh:
        return std::make_unique<ssh::SshParser>();
    case AppProtocol::none:
        break;
    }
    return nullptr;
}

} // namespace nfsieve
