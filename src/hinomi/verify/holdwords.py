"""The words of every hold, in English and Japanese."""

from typing import Final

from hinomi.verify.holds import Words
from hinomi.verify.listkinds import BenignKind

_LISTED: Final = "Stands on {lists} list(s) of {what} ({source}; narrowest prefix /{bits})"
_LISTED_JA: Final = "{what_ja}のリスト {lists} 件に掲載({source}、最も狭い範囲は /{bits})"

LIST_WORDS: Final[dict[BenignKind, Words]] = {
    kind: Words(f"{_LISTED}: {en}", f"{_LISTED_JA}。{ja}")
    for kind, en, ja in (
        (BenignKind.SPECIAL, "no server can be there.", "サーバは存在し得ない。"),
        (
            BenignKind.SINKHOLE,
            "infected lines meet it, and defenders hold it.",
            "感染端末は接続するが、防御側が運用している。",
        ),
        (
            BenignKind.SCANNER,
            "research scanners meet lines without being asked, and command nobody.",
            "調査用スキャナは求められずに通信するが、指令はしない。",
        ),
        (
            BenignKind.CRAWLER,
            "crawlers fetch pages and command nobody.",
            "クローラはページを取得するだけで、指令はしない。",
        ),
        (
            BenignKind.RESOLVER,
            "listing its port {port} would cut its users off from names.",
            "ポート {port} を掲載すると利用者が名前解決できなくなる。",
        ),
        (
            BenignKind.TIME,
            "listing its port {port} would cut devices off from the time.",
            "ポート {port} を掲載すると機器が時刻を得られなくなる。",
        ),
        (
            BenignKind.STUN,
            "calls and games of many need its port {port}.",
            "ポート {port} は多くの通話やゲームに使われる。",
        ),
        (
            BenignKind.MAIL,
            "many senders share it; this service is at port {port}.",
            "多数の差出人が共有している。このサービスはポート {port}。",
        ),
        (
            BenignKind.RELAY,
            "what comes from port {port} may be anybody's.",
            "ポート {port} の通信は誰のものか分からない。",
        ),
        (
            BenignKind.CDN,
            (
                "many customers share each address. A C&C may hide there, and is not acquitted; "
                "listing port {port} would hurt the others."
            ),
            (
                "一つのアドレスを多数の顧客が共有する。C&C が隠れている可能性は残り、"
                "無実とはしない。ポート {port} を掲載すると他の顧客に害が及ぶ。"
            ),
        ),
        (
            BenignKind.HOSTING,
            "many sites share the address, and listing port {port} would hurt them.",
            "多数のサイトが共有しており、ポート {port} を掲載すると害が及ぶ。",
        ),
        (
            BenignKind.PARKING,
            "names that nobody uses any more lead there, former C&Cs among them.",
            "使われなくなった名前(旧 C&C を含む)の行き先になっている。",
        ),
        (
            BenignKind.AUTHORITY,
            "devices ask there whether certificates are still valid.",
            "証明書の失効確認に使われている。",
        ),
        (
            BenignKind.CLOUD,
            (
                "C&Cs are rented there as well, and addresses pass to others within hours, so "
                "{methods} independent methods must speak of port {port} itself."
            ),
            (
                "C&C も借りられており、アドレスは数時間で別の利用者に移る。そのためポート {port} "
                "そのものについて独立した {methods} 手法の根拠が要る。"
            ),
        ),
        (
            BenignKind.VENDOR,
            "all users of the company meet it; listing port {port} would hurt them.",
            "その会社の全利用者が使うため、ポート {port} を掲載すると害が及ぶ。",
        ),
        (
            BenignKind.OTHER,
            "what kind of list that is, is not known; a listing does not acquit.",
            "リストの種類は不明。掲載されていても無実とはしない。",
        ),
    )
}

KIND_NAMES: Final[dict[BenignKind, Words]] = {
    BenignKind.SPECIAL: Words("special addresses", "特殊用途アドレス"),
    BenignKind.SINKHOLE: Words("sinkholes", "シンクホール"),
    BenignKind.SCANNER: Words("research scanners", "調査用スキャナ"),
    BenignKind.CRAWLER: Words("crawlers", "クローラ"),
    BenignKind.RESOLVER: Words("public DNS resolvers", "公開 DNS リゾルバ"),
    BenignKind.TIME: Words("time servers", "時刻サーバ"),
    BenignKind.STUN: Words("STUN servers", "STUN サーバ"),
    BenignKind.MAIL: Words("mail servers", "メールサーバ"),
    BenignKind.RELAY: Words("VPN exits and proxies", "VPN 出口・プロキシ"),
    BenignKind.CDN: Words("content networks", "CDN"),
    BenignKind.HOSTING: Words("shared web hosts", "共用ウェブホスティング"),
    BenignKind.PARKING: Words("parked names", "ドメインパーキング"),
    BenignKind.AUTHORITY: Words("certificate authorities", "認証局"),
    BenignKind.CLOUD: Words("clouds", "クラウド"),
    BenignKind.VENDOR: Words("vendors' own services", "事業者の自社サービス"),
    BenignKind.OTHER: Words("benign addresses", "良性アドレス"),
}

WORDS: Final[dict[str, Words]] = {
    "special-address": Words(
        "Lies in a block of IANA's registries where no server of anybody is: {what} "
        "(prefix /{bits}).",
        "IANA の登録で、誰のサーバも存在しない範囲にある:{what_ja}(/{bits})。",
    ),
    "own-network": Words(
        "Lies in the own network and is known here by a pseudonym of {bits} bits: naming it "
        "needs re-identification under a mandate of its own.",
        "自網内にあり、ここでは {bits} ビットの仮名でのみ扱う。公表には専用の権限による"
        "再識別が必要。",
    ),
    "access-network": Words(
        "Lies in AS{asn}, an access network: it is somebody's line, whose address passes to others "
        "before long, and port {port} would be listed against them.",
        "アクセス網 AS{asn} にあり、誰かの加入者回線である。アドレスは遠からず別の加入者に移り、"
        "ポート {port} の掲載がその人に及ぶ。",
    ),
    "mail-port": Words(
        "Port {port} is one of mail. Malware mails its loot through servers that many share: "
        "{clients} lines spoke with it, {suspects} of them suspected. Listing it would stop "
        "their mail.",
        "ポート {port} はメール用。マルウェアは多数が共有するサーバ経由で窃取情報を送る。"
        "{clients} 回線が通信し、うち {suspects} 回線に感染の疑い。掲載すると利用者のメールが"
        "止まる。",
    ),
    "resolver-port": Words(
        "Port {port} is one of name resolution, and its {clients} clients, {suspects} of them "
        "suspected, do not speak against a resolver.",
        "ポート {port} は名前解決用。通信相手 {clients} 回線(疑い {suspects} 回線)はリゾルバと"
        "矛盾しない。",
    ),
    "time-port": Words(
        "Port {port} is that of time servers, and its {clients} clients, {suspects} of them "
        "suspected, do not speak against one.",
        "ポート {port} は時刻同期用。通信相手 {clients} 回線(疑い {suspects} 回線)は時刻サーバと"
        "矛盾しない。",
    ),
    "stun-port": Words(
        "Port {port} is that of STUN, by which calls and games find their way, and its "
        "{clients} clients, {suspects} of them suspected, do not speak against one.",
        "ポート {port} は通話やゲームの経路探索(STUN)用。通信相手 {clients} 回線(疑い "
        "{suspects} 回線)はこれと矛盾しない。",
    ),
    "mail-beside-web": Words(
        "The same address serves mail at {mail} port(s) and web at {web}, as shared hosts do.",
        "同じアドレスがメール {mail} ポートとウェブ {web} ポートを提供している。共用ホストに"
        "典型的。",
    ),
    "many-services": Words(
        "The same address serves {kinds} kinds of services that have nothing to do with each "
        "other ({named}); {most} or more are taken for a shared host.",
        "同じアドレスが互いに無関係な {kinds} 種類のサービス({named})を提供している。"
        "{most} 種類以上は共用ホストとみなす。",
    ),
    "many-names": Words(
        "Passive DNS saw {names} names on its address; {most} or more are taken for a shared "
        "host, though names that malware makes up lie so as well.",
        "パッシブ DNS ではこのアドレスに {names} 個の名前。{most} 個以上は共用ホストとみなす"
        "(マルウェアが生成する名前の場合もある)。",
    ),
    "crowd": Words(
        "{share:.1%} of all lines meet it, and only {suspects} of its {clients} clients are "
        "suspected (at most {upper:.1%}, with 95 % certainty): most who meet it are not infected.",
        "全回線の {share:.1%} が通信し、通信相手 {clients} 回線のうち疑いがあるのは {suspects} "
        "回線のみ(95 % の確かさで多くとも {upper:.1%})。大半は感染していない。",
    ),
    "popular": Words(
        "{clients} of {lines} lines ({share:.1%}) meet it. That acquits nobody, but a wrong "
        "listing would hurt so many that a person must answer for it.",
        "{lines} 回線中 {clients} 回線({share:.1%})が通信。無実の根拠ではないが、誤掲載の害が"
        "大きいため人の判断が要る。",
    ),
    "unanswered": Words(
        "Of {tried} lines seen with it only {clients} really spoke with it: forged sources, "
        "floods and scans look so, and so do servers that are dead.",
        "観測された {tried} 回線のうち、実際に通信が成立したのは {clients} 回線のみ。送信元詐称、"
        "フラッド、スキャン、または停止したサーバの可能性。",
    ),
    "reallocated": Words(
        "Its block of addresses was registered {days:.0f} days ago, and the newest of {pieces} "
        "pieces of evidence is {age} days old: it may speak of another holder.",
        "アドレスブロックの登録は {days:.0f} 日前、根拠 {pieces} 件のうち最新のものは {age} 日前。"
        "以前の保有者についての根拠かもしれない。",
    ),
    "said-sinkhole": Words(
        "{sources} source(s) say that it is a sinkhole ({named}).",
        "{sources} 件の情報源がシンクホールとしている({named})。",
    ),
    "said-shared": Words(
        "{sources} source(s) say that many customers share it ({named}).",
        "{sources} 件の情報源が共用ホストとしている({named})。",
    ),
    "said-loader": Words(
        "{sources} source(s) say that it hands out malware and commands nobody ({named}).",
        "{sources} 件の情報源がマルウェア配布元(指令はしない)としている({named})。",
    ),
    "said-benign": Words(
        "{sources} source(s) say that it is no C&C server ({named}).",
        "{sources} 件の情報源が C&C ではないとしている({named})。",
    ),
    "said-gone": Words(
        "{sources} source(s) say that it is gone, or that the address has another holder "
        "({named}), {age} day(s) ago, and none says later that it is there.",
        "{sources} 件の情報源が {age} 日前に、停止またはアドレスの保有者変更を報告({named})。"
        "その後、存在を示す根拠はない。",
    ),
}
"""Words by code of the guards that are no lists."""
