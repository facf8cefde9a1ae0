output "job_id" {
  description = "Id of the job. It is made stopped: `az stream-analytics job start` sets it going."
  value       = azurerm_stream_analytics_job.this.id
}

output "principal_id" {
  description = "Principal of the job's own identity, for the workspace in Power BI."
  value       = azurerm_stream_analytics_job.this.identity[0].principal_id
}
