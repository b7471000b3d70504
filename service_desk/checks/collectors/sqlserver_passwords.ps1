# Service Desk collector: logins of SQL Server whose password can be guessed.
# SQL Server itself compares; no password and no fingerprint leaves it. What is sent: the names of the logins, and
# whether it was the empty password, the login's own name, or one of a short list. Never the word that fitted.
param(
    [string]$Server = 'localhost',
    [string]$Push = 'https://desk.example.com/push/KEY'
)
$ErrorActionPreference = 'Stop'
[Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12

$sql = @"
SELECT l.name,
       CASE WHEN PWDCOMPARE(N'', l.password_hash) = 1 THEN 'empty'
            WHEN PWDCOMPARE(l.name, l.password_hash) = 1 THEN 'name'
            ELSE 'common' END AS why
FROM sys.sql_logins AS l
WHERE l.is_disabled = 0 AND (
    PWDCOMPARE(N'', l.password_hash) = 1 OR PWDCOMPARE(l.name, l.password_hash) = 1
    OR EXISTS (SELECT 1 FROM (VALUES
        (N'sa'), (N'sa123'), (N'123'), (N'1234'), (N'12345'), (N'123456'), (N'12345678'), (N'123456789'),
        (N'111111'), (N'000000'), (N'888888'), (N'666666'), (N'password'), (N'Password1'), (N'P@ssw0rd'),
        (N'admin'), (N'admin123'), (N'root'), (N'qwerty'), (N'abc123'), (N'a123456'), (N'ufida'), (N'yonyou'),
        (N'kingdee'), (N'kingdee123'), (N'U8soft'), (N'sqlserver'), (N'manager'), (N'B1Admin')
    ) AS w (word) WHERE PWDCOMPARE(w.word, l.password_hash) = 1))
"@
$db = New-Object System.Data.SqlClient.SqlConnection
$db.ConnectionString = "Server=$Server;Integrated Security=SSPI;Application Name=Service Desk collector;Connect Timeout=15"
$db.Open()
try {
    $command = $db.CreateCommand()
    $command.CommandText = $sql
    $command.CommandTimeout = 120
    $table = New-Object System.Data.DataTable
    $table.Load($command.ExecuteReader())
}
finally { $db.Close() }

$at = [DateTime]::UtcNow.ToString('yyyy-MM-ddTHH:mm:ssZ')
$facts = @($table.Rows | ForEach-Object { @{ seen_at = $at; login = [string]$_.name; why = [string]$_.why } })
$body = @{
    v = 1; id = [guid]::NewGuid().ToString('N'); sent_at = $at
    looks = @(@{ v = 1; kind = 'weak_passwords'; seen_at = $at; facts = $facts })
} | ConvertTo-Json -Depth 6 -Compress
$bytes = [Text.Encoding]::UTF8.GetBytes($body)
Invoke-RestMethod -Method Post -Uri $Push -ContentType 'application/json' -Body $bytes -TimeoutSec 30 | Out-Null
